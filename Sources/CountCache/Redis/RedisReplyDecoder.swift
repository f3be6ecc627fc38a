import CHiredis
import NIOCore

/// Turns bytes into replies, however they are cut: a strict scanner finds a whole reply, hiredis parses it.
struct RedisReplyDecoder: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private var scanner: RedisReplyScanner

    /// - Parameter maxReplyBytes: the longest reply, framing included.
    /// - Throws: ``CountCacheTrouble/overload`` when there is no memory for a reader.
    init(maxReplyBytes: Int) throws(CountCacheTrouble) {
        guard let reader = redisReaderCreate() else { throw .overload }
        self.reader = reader
        scanner = RedisReplyScanner(maxBytes: maxReplyBytes)
    }

    deinit {
        redisReaderFree(reader)
    }

    /// Takes bytes and hands out each reply that they complete.
    ///
    /// - Throws: ``CountCacheTrouble/protocol``. The decoder is of no use after that.
    mutating func decode(_ bytes: ByteBuffer, _ receive: (RedisReply) -> Void) throws(CountCacheTrouble) {
        var start = bytes.readerIndex
        for (index, byte) in zip(bytes.readerIndex..., bytes.readableBytesView) {
            guard try scanner.scan(byte) else { continue }
            try feed(bytes, from: start, to: index + 1)
            start = index + 1
            receive(try parse())
        }
        try feed(bytes, from: start, to: bytes.writerIndex)
    }

    private func feed(_ bytes: ByteBuffer, from start: Int, to end: Int) throws(CountCacheTrouble) {
        guard start < end else { return }
        let status = bytes.withUnsafeReadableBytes { readable in
            let slice = readable[(start - bytes.readerIndex)..<(end - bytes.readerIndex)]
            let part = UnsafeRawBufferPointer(rebasing: slice)
            return redisReaderFeed(reader, part.baseAddress?.assumingMemoryBound(to: CChar.self), part.count)
        }
        guard status == REDIS_OK else { throw .protocol }
    }

    private func parse() throws(CountCacheTrouble) -> RedisReply {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK, let object else { throw .protocol }
        defer { freeReplyObject(object) }
        return try RedisReply(object.assumingMemoryBound(to: redisReply.self).pointee)
    }
}

extension RedisReply {
    fileprivate init(_ reply: redisReply) throws(CountCacheTrouble) {
        switch reply.type {
        case REDIS_REPLY_STATUS: self = .status(String(decoding: reply.bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: reply.bytes, as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_STRING: self = .bulk(reply.bytes)
        case REDIS_REPLY_NIL: self = .null
        case REDIS_REPLY_ARRAY:
            var elements: [RedisReply] = []
            for index in 0..<reply.elements {
                guard let element = reply.element?[index] else { throw .protocol }
                elements.append(try RedisReply(element.pointee))
            }
            self = .array(elements)
        default: throw .protocol
        }
    }
}

extension redisReply {
    fileprivate var bytes: [UInt8] {
        Array(UnsafeRawBufferPointer(start: str, count: str == nil ? 0 : len))
    }
}
