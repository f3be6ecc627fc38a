/// What readers see who scroll while others write.
///
/// Time is simulated: each reader turns a page after a pause, writers insert and delete at a rate, all in an order that
/// follows from the seed. The requests are real.
public struct DriftFigures: Codable, Equatable, Sendable {
    public enum Way: String, Codable, Sendable, CaseIterable {
        case cursor, page, offset
    }

    public struct Row: Codable, Equatable, Sendable {
        public var insertsPerSecond: Double
        public var deletesPerSecond: Double
        public var way: Way
        public var walks: Int
        /// Posts shown, over all walks.
        public var shown: Int
        /// Posts shown to a reader who had been shown them before.
        public var shownTwice: Int
        /// Posts that were there during the whole walk, in the range that the reader walked through, and were not
        /// shown.
        public var neverShown: Int

        public init(
            insertsPerSecond: Double, deletesPerSecond: Double, way: Way, walks: Int, shown: Int,
            shownTwice: Int,
            neverShown: Int
        ) {
            self.insertsPerSecond = insertsPerSecond
            self.deletesPerSecond = deletesPerSecond
            self.way = way
            self.walks = walks
            self.shown = shown
            self.shownTwice = shownTwice
            self.neverShown = neverShown
        }
    }

    /// Posts in the collection when it began.
    public var posts: Int
    public var pagesPerWalk: Int
    /// Simulated seconds between two pages of one reader.
    public var secondsPerPage: Double
    /// By rising rates, the ways next to each other.
    public var rows: [Row]

    public init(posts: Int, pagesPerWalk: Int, secondsPerPage: Double, rows: [Row]) {
        self.posts = posts
        self.pagesPerWalk = pagesPerWalk
        self.secondsPerPage = secondsPerPage
        self.rows = rows
    }
}
