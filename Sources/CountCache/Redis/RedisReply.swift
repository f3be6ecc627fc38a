/// A reply of Redis in RESP2 (Redis serialization protocol specification).
enum RedisReply: Sendable, Equatable {
    case status(String)
    /// Its first word is a code. The rest may repeat arguments: not for logs.
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case array([RedisReply])
    case null

    /// The code that an error begins with; `nil` for every other reply.
    var errorCode: Substring? {
        guard case .error(let text) = self else { return nil }
        return text.prefix { $0 != " " }
    }
}
