// What must be true of every input of what reads bytes from Redis, and of texts that say where Redis is. The fuzzer
// in Tests/Fuzzing compiles this folder too, by symbolic links, so that it looks for inputs that break the very
// properties that the corpus test holds for each input of Corpus.

@testable import CountCache

/// What is fuzzed. Each raw value names the folder of Corpus with the inputs for it.
enum FuzzProperty: String, CaseIterable {
    /// Bytes are what a server sends.
    case reply
    /// Bytes are a recipe for well-formed replies, which must come out as they went in unless one exceeds a limit.
    case made
    /// Bytes are a decimal number.
    case decimal
    /// Bytes are a Redis URL.
    case address

    /// - Parameter heapInUse: allocated bytes, where that can be told exactly: where nothing else runs.
    func check(_ bytes: [UInt8], heapInUse: (() -> Int)? = nil) throws {
        switch self {
        case .reply: try ReplyProperty.check(bytes, heapInUse: heapInUse)
        case .made: try ReplyProperty.check(recipe: bytes)
        case .decimal: try DecimalProperty.check(bytes)
        case .address: try AddressProperty.check(bytes)
        }
    }
}
