/// The newer half of the tutorial posts, oldest first.
extension TutorialData {
    static let newerEntries: [Entry] = [
        Entry(
            .mara, #"C:\temp\new folder (2)\final_FINAL.txt"#,
            """
            Found on an old disk: a folder called "new folder (2)", and within it, four files \
            called final, "final", final_FINAL and final_FINAL_really. The one that I wanted was \
            called untitled.

            A backslash is an escape character in one half of the world and a path separator in \
            the other; "\\n" is a line break or a folder whose name begins with n. I have lost \
            whole afternoons at the border between the two.
            """),
        Entry(
            .yael, "ספר אחד לשבת",
            """
            השבת קראתי שוב ספר שאהבתי בגיל שש עשרה. הספר לא השתנה, אבל הגיבור, שנראה לי אז זקן, \
            צעיר ממני היום בשלוש שנים.
            """),
        Entry(
            .priya, "Market day 🍅🧄🌿",
            """
            Tomatoes are back 🍅🍅🍅 and they smell of something again. Also bought: garlic 🧄, \
            basil 🌿, far too many apricots, and a melon chosen by the lady in front of me 👩🏽‍🌾, \
            who knocked on nine of them before she nodded.

            Tonight: pasta. Tomorrow: pasta. 🍝
            """),
        Entry(
            .leila, "A short list of good silences",
            """
            the kitchen before anyone else is up
            snow, the first hour
            after the last train
            a full reading room
            the second after you press send
            """),
        Entry(
            .jonas, "Rubber duck, revisited",
            """
            I explained the bug to a colleague, in full, with a drawing. She said nothing at \
            all. Halfway through the drawing I saw it, thanked her, and hung up. Only then did I \
            notice that her microphone had been off, and that she had been trying to tell me the \
            answer for ten minutes.
            """),
        Entry(
            .tomas, "What I carry",
            """
            Water, a sandwich more than I think I need, a paper map, a whistle I have never \
            blown, a plaster for somebody else.
            """),
        Entry(
            .mara, "Naming things, a progress report",
            """
            Renamed today: `data` to `rows`, `rows2` to `visibleRows`, `doIt()` to `publish()`, \
            and a folder called `utils` to nothing, because once everything in it had a proper \
            name it was empty.

            No line of logic changed. The next person, who is me in March, will find it.
            """),
        Entry(
            .yael, "Fiction for people who say they only read facts",
            """
            Start with something short that has a map in it.
            """),
        Entry(
            .priya, "Burnt rice and how to serve it",
            """
            In half the kitchens of the world the crust at the bottom of the pot is the part \
            that people fight over. There are at least nine names for it. So: you did not burn \
            the rice. You made the crust, on purpose, and the rest is merely what was above it.

            If it is black rather than brown, order something.
            """),
        Entry(
            .leila, "The neighbours' piano",
            """
            For a year it was the same eight bars, every evening at seven, always stopping at \
            the same place. Yesterday they went on.

            I had not known that there was a second half. I sat on the stairs until it was over.
            """),
        Entry(
            .jonas, "It was the time zone",
            """
            It is always the time zone.
            """),
        Entry(
            .tomas, "Crossing the river twice",
            """
            The map shows a ford. The river, after two days of rain, showed no interest in the \
            map. I walked an hour up to the bridge and an hour back down the other side, and \
            ended up opposite my own footprints, which were still filling with water.

            A younger me would have tried it in socks.
            """),
        Entry(
            .mara, "A queue is a promise",
            """
            The moment you put a job into a queue you have told someone that it will be done. \
            Then the interesting questions begin. Done once, or at least once? In order? Before \
            they lose patience? And who is told if it never is?

            Most of the queues that I have met were promises made by people who had not been \
            asked those questions. They work very well until the first bad day.

            So now we write the answers at the top of the file, in plain sentences, before there \
            is any code. Twice the answer turned out to be that we did not need a queue.

            Once it turned out that we needed two.
            """),
        Entry(
            .yael, "Overheard in the reading room",
            """
            "Is this seat taken?"
            "By a very long novel, yes."
            """),
        Entry(
            .priya, "One pan, one knife, one week",
            """
            An experiment: everything put away except one pan, one knife, one board and a wooden \
            spoon. I expected to miss the blender by Tuesday. What I missed was the small bowl.

            Best meal of the week: eggs, greens, chilli, the last of the bread. Worst: an \
            attempt at pancakes with the same pan, directly after the greens and the chilli.
            """),
        Entry(
            .leila, "Postcards still work",
            """
            I sent six in September. All six arrived, one of them in November, with a tyre mark \
            across the sea.
            """),
        Entry(
            .jonas, "Code review, the kind version",
            """
            Ask instead of tell, where you can. Say which remarks must be dealt with and which \
            are only taste. Praise one thing, and mean it. Read the tests first.

            And if the change is right, say so and stop. It is not a competition to find \
            something.
            """),
        Entry(
            .tomas, "Counting steps",
            """
            My phone counted 31 402 yesterday. The farmer I met at the top has walked up there \
            every day for fifty years and asked me what I do with the number afterwards. I am \
            still thinking about it.
            """),
        Entry(
            .mara, "Delete day",
            """
            Once a quarter we remove things. A flag nobody has set since spring, a route without \
            a caller, the second of three date parsers. This time: 4 100 lines out, 212 in, and \
            the tests run a minute faster.

            Nobody wrote to complain, which is the nicest message there is.
            """),
        Entry(
            .yael, "The ending, without spoilers",
            """
            I closed it at two in the morning and then sat there with the light on, in the way \
            you stay in your seat after a concert because the others are still clapping.

            No, I will not say more. Borrow my copy. I have written in the margins, in pencil.
            """),
        Entry(
            .leila, "First frost",
            """
            The lemon tree has come indoors. It stands in the bath, for now, and we wash around \
            it.
            """),
        Entry(
            .priya, "Sourdough, the conclusion",
            """
            Four months later: one good loaf every Saturday, a jar in the fridge that my \
            neighbours borrow from, and no further opinions. It rises, I bake it, it is gone by \
            Sunday noon.

            If yours still smells of wet paper, wait. 🍞
            """),
    ]
}
