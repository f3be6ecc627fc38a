import CHiredis
import NIOCore

/// Turns bytes into replies, however they are cut: a strict scanner finds a whole reply, hiredis parses it. What is
/// kept of an unfinished reply is never more than the longest reply.
struct RedisReplyDecoder: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private var scanner: RedisReplyScanner
    /// What was not looked at yet.
    private var unread = ByteBuffer()

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

    /// Adds bytes. Ask ``next()`` for what they complete until it has nothing more.
    mutating func append(_ bytes: ByteBuffer) {
        if unread.readableBytes == 0 {
            unread = bytes
        } else {
            unread.writeImmutableBuffer(bytes)
        }
    }

    /// The next reply, or `nil` if it needs more bytes.
    ///
    /// - Throws: ``CountCacheTrouble/protocol``. The decoder is of no use after that.
    mutating func next() throws(CountCacheTrouble) -> RedisReply? {
        guard unread.readableBytes > 0 else { return nil }
        let (length, isWhole) = try scanAndFeed()
        if isWhole {
            unread.moveReaderIndex(forwardBy: length)
            return try parse()
        }
        unread = ByteBuffer()
        return nil
    }

    /// Bytes that are kept, for tests: an unfinished reply, and what hiredis has parsed and not let go of yet.
    var keptBytes: Int { unread.readableBytes + reader.pointee.len }

    /// Hands hiredis the bytes up to the end of the reply.
    private mutating func scanAndFeed() throws(CountCacheTrouble) -> (length: Int, isWhole: Bool) {
        try unread.withUnsafeReadableBytes { bytes throws(CountCacheTrouble) in
            let end = try scanner.scan(bytes, from: 0)
            let length = end ?? bytes.count
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard redisReaderFeed(reader, start, length) == REDIS_OK else { throw .protocol }
            return (length, end != nil)
        }
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
        case REDIS_REPLY_STATUS: self = .status(String(decoding: reply.text, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: reply.text, as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_STRING: self = .bulk(Array(reply.text))
        case REDIS_REPLY_NIL: self = .null
        case REDIS_REPLY_ARRAY:
            var elements: [RedisReply] = []
            elements.reserveCapacity(reply.elements)
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
    /// Valid as long as the reply is.
    fileprivate var text: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: str, count: str == nil ? 0 : len)
    }
}
