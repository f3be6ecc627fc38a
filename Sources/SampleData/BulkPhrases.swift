/// The phrases that bulk text is made of. A change to any of them changes every bulk data set.
enum BulkPhrases {
    /// Followed by one of `things`.
    static let titleOpenings: [StaticString] = [
        "On ", "Notes on ", "Against ", "In praise of ", "Fixing ", "Again: ", "Goodbye to ", "Why I like ",
        "Remembering ", "How we lost ", "Two years with ", "A letter about ", "Questions about ",
        "The trouble with ", "What I learned from ", "A short history of ",
    ]

    /// Followed by one of `actions`.
    static let openings: [StaticString] = [
        "Today ", "Again ", "On Sunday ", "Somehow ", "For once ", "In the end ", "Last night ",
        "Over lunch ",
        "Years later ", "This morning ", "On the train ", "As promised, ", "After the rain ",
        "With some luck ", "At the library ", "Before breakfast ",
    ]

    /// Followed by one of `things`.
    static let actions: [StaticString] = [
        "I rewrote ", "we tried ", "he fixed ", "they broke ", "we measured ", "she explained ",
        "I gave up on ", "I photographed ", "we walked past ", "nobody noticed ", "we argued about ",
        "I learned from ", "the team shipped ", "I finally finished ", "my neighbour borrowed ",
        "I kept thinking about ",
    ]

    /// What posts are about.
    static let things: [StaticString] = [
        "the parser", "the index", "the cache", "a slow query", "the old bridge", "the tomato soup",
        "the second chapter", "our garden gate", "the release notes", "a borrowed bicycle",
        "the coffee grinder", "the long way round", "a bug from last year", "a map of the hills",
        "the sourdough starter", "a paperback without its cover",
    ]

    /// The end of a sentence.
    static let endings: [StaticString] = [
        ".", "!", " twice.", ", slowly.", ", with notes.", " as a test.", " in the rain.", " and it held.",
        " and laughed.", " and went home.", ", more or less.", " without a plan.", " in one sitting.",
        " for the third time.", " before anyone asked.", ", which took all day.",
    ]

    /// Whole titles with something to escape, to isolate or to count right: at most 100 characters each.
    static let awkwardTitles: [StaticString] = [
        "\"Quoted\"",
        "<script>alert('title')</script>",
        "</title><b>bold</b> & more",
        "C:\\temp\\notes.txt",
        "A tab\there, a tab\tthere",
        "🎉",
        "Family dinner 👨‍👩‍👧‍👦, flag 🇺🇳, thumb 👍🏽",
        "مرحبا بالعالم",
        "שלום עולם",
        "Mixed: abc ابت 123",
        "日本語のタイトル",
        "Cafe\u{301} or café?",
        "A line separator\u{2028}in a title",
        "{\"json\": [1, 2, null]}",
        "'; DROP TABLE posts; --",
        "A title of exactly one hundred characters, \"quoted\" in the middle, to see where a page cuts it off …",
    ]

    /// Whole contents, or beginnings of contents, of the same kind.
    static let awkwardContents: [StaticString] = [
        "She said \"no\", and then \"perhaps\".",
        "<script>alert(\"hi\")</script>",
        "<img src=x onerror=\"alert(1)\"> & <b>bold",
        "The path is \\\\server\\share\\new\\table.",
        "First line\nSecond line\nThird line",
        "A line from elsewhere\r\nand one more\r\n",
        "Name:\tvalue\nOther:\tvalue",
        "👍",
        "Done 🎉🎉🎉 thanks to 👩🏽‍💻 and 🧑‍🚀!",
        "كتبت هذه الرسالة من اليمين إلى اليسار، ثم شربت الشاي.",
        "השורה הזאת נכתבת מימין לשמאל, עם (סוגריים) ומספר 42.",
        "The word \u{202B}שלום\u{202C} stands inside an English sentence.",
        "Before\u{2028}after, and one more\u{2029}paragraph.",
        "A form feed\u{0C}, a bell\u{07} and an escape\u{1B} came along with the paste.",
        "Zalgo: Z\u{335}\u{301}a\u{334}\u{300}l\u{336}\u{302}g\u{337}\u{303}o\u{338}",
        "C'est naïve: 50 % of 3 €, “curly quotes”, 漢字 and 한국어.",
    ]
}
