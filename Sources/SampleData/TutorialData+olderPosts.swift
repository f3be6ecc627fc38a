/// The older half of the tutorial posts, oldest first.
extension TutorialData {
    static let olderEntries: [Entry] = [
        Entry(
            .mara, "Hello, world",
            """
            First post on the new server. If you can read this, the migration went through and I \
            may go to bed.
            """),
        Entry(
            .tomas, "Forty kilometres along the canal",
            """
            The plan was to follow the towpath until it got dark, and the towpath had no \
            objection. It is the least dramatic walk I know: no summit, no view, a lock every \
            hour to tell you that you have moved at all.

            By the afternoon I had stopped looking for something to look at, and that was when \
            the herons began to appear. Seven of them, about one per bridge, each pretending to \
            be a stick.

            Shoes: fine. Knees: under discussion.
            """),
        Entry(
            .priya, "The only lentil soup you need",
            """
            Red lentils, one onion, a carrot, a spoon of cumin, the juice of half a lemon. Fry \
            the onion until you think it is done, and then for as long again. Everything else \
            takes fifteen minutes.

            The lemon goes in after the heat is off. That is the whole secret.
            """),
        Entry(
            .yael, "Reading one book at a time",
            """
            I used to keep nine books open at once, and finished perhaps two of them a year. \
            Since January I allow myself one. If I want the next one, I have to finish this one, \
            or say aloud that I have given up on it.

            I have given up on four. It is surprisingly pleasant to say aloud.
            """),
        Entry(
            .jonas, "A cheap desk lamp, repaired",
            """
            The switch had gone, not the bulb. A new switch costs less than the stamp I would \
            have needed to send the lamp back. Two screws, ten minutes, one small burn.
            """),
        Entry(
            .leila, "Moving house with eleven boxes of books",
            """
            The movers asked what was in the heavy ones. All of them, I said, are the heavy \
            ones.
            """),
        Entry(
            .mara, "What a cursor is for",
            """
            Page numbers answer the question "what is on page 7?", which nobody scrolling \
            through a feed has ever asked. The question they ask is "what comes after the thing \
            I have just seen?", and for that you only need to remember the thing.

            With page numbers, a post that arrives while you read pushes everything down by one, \
            and you see the last item of the old page again at the top of the new one. With a \
            cursor it cannot, because the position does not depend on how many rows are above \
            it.

            The price is that you cannot jump to page 500. In three years of running this I have \
            had that request once, and it was from a crawler.
            """),
        Entry(
            .tomas, "Rain gear, an honest ranking",
            """
            1. A pub
            2. A bus shelter
            3. An umbrella, if there is no wind
            4. Any jacket sold as waterproof
            """),
        Entry(
            .priya, "Sourdough, week one",
            """
            Nothing. It smells of wet paper.
            """),
        Entry(
            .priya, "Sourdough, week two",
            """
            It moved! Not much, and mostly sideways, but there were bubbles this morning and the \
            jar had pushed its lid off. I have named it after my former landlord, because it \
            also does nothing for weeks and then demands attention at six in the morning.
            """),
        Entry(
            .yael, "A library card is a superpower",
            """
            Ours lends books, films, a sewing machine, a telescope and, since last month, cake \
            tins in the shape of every number from 0 to 9. The telescope has a waiting list of \
            eleven weeks. The number 4 is always out.
            """),
        Entry(
            .jonas, "Notes from a night train",
            """
            The compartment had six berths and five opinions about the window.

            Somewhere after the border the lights went out for the whole length of the train, \
            and for a minute everyone was polite in the dark. Then they came on again and the \
            window was open.
            """),
        Entry(
            .mara, #"<script>alert("hi")</script> and other guests"#,
            """
            This title is a test, and if a box just popped up on your screen, please write to me \
            at once.

            Every text box on the internet gets this sooner or later. The cure is boring: escape \
            on output, in the one place where text becomes HTML, and nowhere else. Escape it on \
            the way in, and you will store "&amp;amp;" for ever.

            The same goes for a closing tag in the middle: </textarea> is fine here, & so is an \
            ampersand.
            """),
        Entry(
            .leila, "رسالة من حديقة البيت",
            """
            زرعت أمي شجرة ليمون صغيرة قبل ثلاث سنوات، ولم تثمر إلا هذا الصيف. سبع ليمونات فقط، \
            لكنها وزعتها على الجيران كلهم.

            قالت: الشجرة لا تعد، فلماذا نعد نحن؟
            """),
        Entry(
            .tomas, "How to read a contour line",
            """
            Close together means steep. Everyone knows that, and everyone, at some point, has \
            still planned a lunch break on a cliff.

            The trick I was taught: trace the route with a finger and say "up" or "down" aloud \
            at every line crossed. If you run out of breath reading, take another route.
            """),
        Entry(
            .jonas, "Three things I broke this week",
            """
            The build, on Monday. The coffee machine, on Wednesday. The build, on Friday, with \
            the fix for Monday.
            """),
        Entry(
            .yael, "On marginalia",
            """
            Someone before me read this second-hand copy with a pencil, and disagreed with \
            nearly every page. "No." "Surely not." "Has he MET a child?" On page 211 there is a \
            single tick.

            I bought the book for the author, and finished it for the pencil.
            """),
        Entry(
            .mara, "Measure first",
            """
            I was certain that the JSON encoder was slow. I spent a weekend making it four times \
            as fast, and the page came back in exactly the same time as before.

            The page was slow because it counted the table on every request. Of course it did. \
            The profiler said so in its first line, had I asked it on Friday.
            """),
        Entry(
            .priya, "Things I no longer buy",
            """
            Salad dressing. Croutons. Vegetable stock. Anything with "artisan" on the label.
            """),
        Entry(
            .leila, "Learning to swim at thirty-eight",
            """
            The teacher says that the water will carry me if I stop trying to stand in it. I \
            have known this as a fact of physics since school. My legs have not.

            Lesson five: I floated, for eleven seconds, by the clock on the wall. The children \
            in the next lane applauded. I have had worse reviews.
            """),
        Entry(
            .tomas, "The hill behind the supermarket",
            """
            It is not on any list. There is a gap in the fence by the recycling bins, then \
            nettles, then a path that somebody must be using because it is always there. Ten \
            minutes later you can see three counties and the roof of the supermarket.
            """),
        Entry(
            .jonas, "Undo is a feature",
            """
            Confirmation dialogs ask you to think before you act. Undo lets you act and think \
            afterwards, which is the order people actually use.
            """),
    ]
}
