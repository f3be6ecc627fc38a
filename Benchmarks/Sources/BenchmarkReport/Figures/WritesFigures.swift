/// Durable posts a second: each is on the disk before its writer goes on.
public struct WritesFigures: Codable, Equatable, Sendable {
    public enum Way: String, Codable, Sendable, CaseIterable {
        /// The store: what waits goes into one commit.
        case groupCommit = "group_commit"
        /// The same table and settings, a commit for each post.
        case commitEach = "commit_each"
        /// The same posts through the release binary, with a token. Reports of older versions don't have it.
        case http
    }

    public struct Row: Codable, Equatable, Sendable {
        public var way: Way
        public var writers: Int
        /// Posts a second, one figure for each turn. The ways take turns: round n of one was next to round n of
        /// the others.
        public var rounds: Outcome<[Double]>

        public init(way: Way, writers: Int, rounds: Outcome<[Double]>) {
            self.way = way
            self.writers = writers
            self.rounds = rounds
        }
    }

    public var rows: [Row]

    public init(rows: [Row]) {
        self.rows = rows
    }
}
