import CHiredis
import NIOCore

/// A command, as its words.
struct RedisCommand: Sendable {
    private let words: [String]

    init(_ words: String...) {
        self.words = words
    }

    /// Appends the command as it goes over the wire, written by hiredis.
    ///
    /// - Throws: ``CountCacheTrouble/overload`` when there is no memory for it.
    func encode(into buffer: inout ByteBuffer) throws(CountCacheTrouble) {
        let lengths = words.map(\.utf8.count)
        let bytes = words.flatMap(\.utf8)
        var encoded: UnsafeMutablePointer<CChar>?
        let length = bytes.withUnsafeBytes { bytes -> CInt in
            var offset = 0
            var starts: [UnsafePointer<CChar>?] = lengths.map { length in
                defer { offset += length }
                return bytes.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
            }
            return redisFormatCommandArgv(&encoded, CInt(words.count), &starts, lengths)
        }
        defer { redisFreeCommand(encoded) }
        guard length >= 0, let encoded else { throw .overload }
        buffer.writeBytes(UnsafeRawBufferPointer(start: encoded, count: Int(length)))
    }
}
