/// How the cost of a page changes with the size of the collection. Measured in the store.
public struct GrowthFigures: Codable, Equatable, Sendable {
    public enum Read: String, Codable, Sendable, CaseIterable {
        case firstPage = "first_page"
        /// A page behind a cursor, anywhere.
        case randomCursor = "random_cursor"
        /// The page in the middle of the collection, by offset.
        case middleOffset = "middle_offset"
        /// COUNT of all that is published.
        case count
    }

    public struct Cost: Codable, Equatable, Sendable {
        public var read: Read
        public var latency: Outcome<Latency>
        public var steps: Outcome<Int>

        public init(read: Read, latency: Outcome<Latency>, steps: Outcome<Int>) {
            self.read = read
            self.latency = latency
            self.steps = steps
        }
    }

    public struct Size: Codable, Equatable, Sendable {
        public var posts: Int
        /// Bytes of the database's file.
        public var bytes: Int
        public var costs: [Cost]

        public init(posts: Int, bytes: Int, costs: [Cost]) {
            self.posts = posts
            self.bytes = bytes
            self.costs = costs
        }
    }

    /// By rising size.
    public var sizes: [Outcome<Size>]

    public init(sizes: [Outcome<Size>]) {
        self.sizes = sizes
    }
}
