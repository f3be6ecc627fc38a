/// What single steps of the read path cost.
public struct MicroFigures: Codable, Equatable, Sendable {
    public struct Row: Codable, Equatable, Sendable {
        public var name: String
        /// Median of the wall time of one call, in nanoseconds.
        public var nanoseconds: Outcome<Double>
        /// Processor instructions of one call.
        public var instructions: Outcome<Int>
        /// Blocks of memory that one call allocates.
        public var allocations: Outcome<Int>
        /// The most that is committed to; more fails the run.
        public var instructionsThreshold: Int?
        public var allocationsThreshold: Int?

        public init(
            name: String, nanoseconds: Outcome<Double>, instructions: Outcome<Int>, allocations: Outcome<Int>,
            instructionsThreshold: Int?, allocationsThreshold: Int?
        ) {
            self.name = name
            self.nanoseconds = nanoseconds
            self.instructions = instructions
            self.allocations = allocations
            self.instructionsThreshold = instructionsThreshold
            self.allocationsThreshold = allocationsThreshold
        }
    }

    public var rows: [Row]
    /// Why the instructions are held against nothing, where they are not.
    public var instructionsNote: String?

    public init(rows: [Row], instructionsNote: String? = nil) {
        self.rows = rows
        self.instructionsNote = instructionsNote
    }
}
