/// What can go wrong in a store. The public text holds no SQL and no path; ``debugDescription`` does.
public struct StoreError: Error, Sendable {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        enum Base: String {
            case unavailable, timeout, overloaded, conflict, invalid, expired, unusable, `internal`
        }
        let base: Base

        /// The store is closed; its file can't be used at the moment (locked by somebody else for longer than was
        /// waited, read-only, on a full or a failing disk); or a commit failed: whether it will be there after a crash
        /// is not known then.
        public static let unavailable = Code(base: .unavailable)
        /// The read took longer than its deadline and was interrupted.
        public static let timeout = Code(base: .timeout)
        /// Too many writes or long reads are waiting already; nothing was written, or read.
        public static let overloaded = Code(base: .overloaded)
        /// A value that must be unique is taken; ``StoreError/field`` names it.
        public static let conflict = Code(base: .conflict)
        /// A text holds U+0000, which SQLite would cut it off at; ``StoreError/field`` names it.
        public static let invalid = Code(base: .invalid)
        /// A page was asked for by a position that is later than every date that was ever given in this file: it is
        /// from before dates were put right, or from before an older copy took the file's place.
        public static let expired = Code(base: .expired)
        /// The file cannot be used: not a database, another application's, or of a newer version.
        public static let unusable = Code(base: .unusable)
        /// The engine failed.
        public static let `internal` = Code(base: .internal)

        public var description: String { base.rawValue }
    }

    public var code: Code
    /// With ``Code/conflict`` and ``Code/invalid``: the field whose value it is about.
    public var field: String?
    /// What happened, for logs and operators.
    public var message: String

    public init(_ code: Code, _ message: String, field: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
    }
}

extension StoreError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { "store: \(code)" }
    public var debugDescription: String { "store: \(code): \(message)" }
}
