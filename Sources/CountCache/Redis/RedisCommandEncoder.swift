import CHiredis
import NIOCore

/// Writes commands as they go over the wire, with hiredis's formatter. It keeps its scratch space from command to
/// command.
struct RedisCommandEncoder: Sendable {
    private var bytes: [UInt8] = []
    private var lengths: [Int] = []

    /// Appends one command.
    ///
    /// - Throws: ``CountCacheTrouble/overload`` when there is no memory for it.
    mutating func encode(_ words: [String], into buffer: inout ByteBuffer) throws(CountCacheTrouble) {
        begin()
        for word in words { add(word) }
        try end(into: &buffer)
    }

    /// Appends `EVALSHA` or `EVAL`, without making an array of its words first.
    ///
    /// - Parameter sendsSource: `EVAL`, which works whether or not Redis knows the script, and makes it known.
    /// - Throws: ``CountCacheTrouble/overload`` when there is no memory for it.
    mutating func encode(
        _ call: RedisScriptCall,
        sendsSource: Bool,
        into buffer: inout ByteBuffer
    ) throws(CountCacheTrouble) {
        begin()
        add(sendsSource ? "EVAL" : "EVALSHA")
        add(sendsSource ? call.script.source : call.script.digest)
        add(String(call.keys.count))
        for key in call.keys { add(key) }
        for argument in call.arguments { add(argument) }
        try end(into: &buffer)
    }

    private mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ word: String) {
        let start = bytes.count
        bytes.append(contentsOf: word.utf8)
        lengths.append(bytes.count - start)
    }

    private func end(into buffer: inout ByteBuffer) throws(CountCacheTrouble) {
        var encoded: UnsafeMutablePointer<CChar>?
        let length = bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: lengths.count) { starts in
                var offset = 0
                for (index, length) in lengths.enumerated() {
                    let start = bytes.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
                    starts.initializeElement(at: index, to: start)
                    offset += length
                }
                return redisFormatCommandArgv(&encoded, CInt(lengths.count), starts.baseAddress, lengths)
            }
        }
        guard length >= 0, let encoded else { throw .overload }
        defer { redisFreeCommand(encoded) }
        buffer.writeBytes(UnsafeRawBufferPointer(start: encoded, count: Int(length)))
    }
}
