public import NIOCore
public import NIOHTTP1

/// What a client asks for.
public struct HTTPClientRequest: Sendable {
    /// What is sent behind the head.
    public struct Body: Sendable {
        let buffer: ByteBuffer

        public static func bytes(_ bytes: some Sequence<UInt8>) -> Body {
            Body(buffer: ByteBuffer(bytes: bytes))
        }

        public static func bytes(_ buffer: ByteBuffer) -> Body {
            Body(buffer: buffer)
        }
    }

    /// `http` alone, with a host; what has to be escaped in its path or query is escaped.
    public var url: String
    public var method: HTTPMethod = .GET
    /// What is said of the body's length is replaced; `Host` is added where it is missing, and nothing else.
    public var headers: HTTPHeaders = [:]
    public var body: Body?

    public init(url: String) {
        self.url = url
    }
}
