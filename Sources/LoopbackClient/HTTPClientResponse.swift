public import NIOCore
public import NIOHTTP1

/// What a server has answered, to the last byte.
public struct HTTPClientResponse: Sendable {
    /// The body is here already: to ask for it waits for nothing.
    public struct Body: Sendable {
        let buffer: ByteBuffer

        /// - Throws: `NIOTooManyBytesError` where it is longer than `maximum` bytes.
        public func collect(upTo maximum: Int) async throws -> ByteBuffer {
            guard buffer.readableBytes <= maximum else { throw NIOTooManyBytesError(maxBytes: maximum) }
            return buffer
        }
    }

    public let status: HTTPResponseStatus
    public let headers: HTTPHeaders
    /// Without its chunks' framing.
    public let body: Body
}
