/// Composes titles and contents out of phrases, as UTF-8 in two buffers that are used again and again.
struct BulkText: Sendable {
    /// Posts in 1 000 whose content has something to escape in it.
    static let awkwardPerMille = 27
    /// Of those, how many in 1 000 have such a title too.
    static let awkwardTitlesPerMille = 400
    /// Posts in 1 000 that have several paragraphs, and with them line breaks.
    static let longPerMille = 4
    /// Paragraphs in a long post.
    static let paragraphs = 2...8
    /// Sentences in a paragraph of a long post.
    static let sentences = 2...5
    /// How often in 1 000 an ordinary post has each of two further sentences.
    static let furtherSentencePerMille = 250
    /// Titles in 1 000 that end with the number of a part.
    static let numberedTitlesPerMille = 60

    /// The title of the current post: 1…100 characters.
    private(set) var title: [UInt8] = []
    /// The content of the current post: 1…50 000 characters.
    private(set) var content: [UInt8] = []
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        title.reserveCapacity(512)
        content.reserveCapacity(4096)
    }

    /// Replaces the title and content by those of the next post.
    mutating func compose() {
        title.removeAll(keepingCapacity: true)
        content.removeAll(keepingCapacity: true)
        if random.happens(perMille: Self.awkwardPerMille) {
            composeAwkwardPost()
        } else if random.happens(perMille: Self.longPerMille) {
            composeTitle()
            composeParagraphs()
        } else {
            composeTitle()
            composeSentence()
            for _ in 0..<2 where random.happens(perMille: Self.furtherSentencePerMille) {
                content.append(.space)
                composeSentence()
            }
        }
    }

    private mutating func composeAwkwardPost() {
        if random.happens(perMille: Self.awkwardTitlesPerMille) {
            title.append(pick(from: BulkPhrases.awkwardTitles))
        } else {
            composeTitle()
        }
        content.append(pick(from: BulkPhrases.awkwardContents))
        if random.happens(perMille: 500) {
            content.append(.space)
            composeSentence()
        }
    }

    private mutating func composeTitle() {
        title.append(pick(from: BulkPhrases.titleOpenings))
        title.append(pick(from: BulkPhrases.things))
        if random.happens(perMille: Self.numberedTitlesPerMille) {
            title.append(", part ")
            title.append(.zero + UInt8(1 + random.below(9)))
        }
    }

    private mutating func composeParagraphs() {
        for paragraph in 0..<(Self.paragraphs.lowerBound + random.below(Self.paragraphs.count)) {
            if paragraph > 0 { content.append("\n\n") }
            for sentence in 0..<(Self.sentences.lowerBound + random.below(Self.sentences.count)) {
                if sentence > 0 { content.append(.space) }
                composeSentence()
            }
        }
    }

    private mutating func composeSentence() {
        content.append(pick(from: BulkPhrases.openings))
        content.append(pick(from: BulkPhrases.actions))
        content.append(pick(from: BulkPhrases.things))
        content.append(pick(from: BulkPhrases.endings))
    }

    private mutating func pick(from phrases: [StaticString]) -> StaticString {
        phrases[random.below(phrases.count)]
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ phrase: StaticString) {
        phrase.withUTF8Buffer { append(contentsOf: $0) }
    }
}

extension UInt8 {
    fileprivate static let space = UInt8(ascii: " ")
    fileprivate static let zero = UInt8(ascii: "0")
}
