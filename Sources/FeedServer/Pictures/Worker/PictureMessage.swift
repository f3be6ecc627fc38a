/// What the server and its picture worker say to each other: a kind, a length, and so many bytes.
///
/// The worker begins with ``Kind/sealed`` or ``Kind/unsealed``. Then it is sent one ``Kind/picture`` after
/// another, each when the one before has been answered with any of the others.
enum PictureMessage {
    enum Kind: UInt8 {
        /// The worker is ready, and system calls are filtered.
        case sealed = 1
        /// The worker is ready; the kernel has no filters.
        case unsealed = 2
        case picture = 3
        case portrait = 4
        case notAnImage = 5
        case damaged = 6
        case tooManyPixels = 7
        /// It is not the picture's fault; the bytes say what is wrong.
        case failed = 8
    }

    /// Before a message's bytes: its kind, and their number, the lowest byte first.
    static let headLength = 5

    /// Bytes of a portrait, at the most: as much as its pixels have, which no encoder exceeds.
    static let maximumPortraitBytes = 3 * Portrait.side * Portrait.side

    /// Bytes of the text of a failure, at the most.
    static let maximumTextBytes = 1_000

    static func head(_ kind: Kind, _ count: Int) -> [UInt8] {
        [kind.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    }

    /// - Returns: `nil` where it is no head.
    static func readHead(_ bytes: [UInt8]) -> (kind: Kind, count: Int)? {
        guard bytes.count == headLength, let kind = Kind(rawValue: bytes[0]) else { return nil }
        return (kind, bytes[1...].reversed().reduce(0) { $0 << 8 | Int($1) })
    }

    /// The kind that says so; `nil` where a worker never does.
    static func kind(of error: PictureError) -> Kind? {
        switch error {
        case .notAnImage: .notAnImage
        case .damaged: .damaged
        case .tooManyPixels: .tooManyPixels
        case .tookTooLong, .unavailable, .busy: nil
        }
    }

    /// What a worker's refusal means; `nil` for the other kinds.
    static func refusal(_ kind: Kind) -> PictureError? {
        switch kind {
        case .notAnImage: .notAnImage
        case .damaged: .damaged
        case .tooManyPixels: .tooManyPixels
        case .sealed, .unsealed, .picture, .portrait, .failed: nil
        }
    }
}
