public import NIOCore
import NIOHTTP1

/// Why a request has no response.
public struct HTTPClientError: Error, CustomStringConvertible {
    public enum Reason: Sendable {
        /// No `http` URL with a host.
        case invalidURL
        /// It took longer than this.
        case timeout(TimeAmount)
        /// By the server, before the response was complete.
        case closed
        /// The response's body is longer than so many bytes.
        case bodyTooLarge(Int)
        /// What the system says of the connection, or the parser of what came.
        case other(any Error)
    }

    /// What a request waits for, one after the other.
    public enum Stage: String, Sendable {
        /// Others have all the connections that there may be.
        case turn = "its turn"
        case connection = "a connection"
        case head = "the head of the response"
        case body = "the body of the response"
    }

    public let reason: Reason
    /// What was waited for.
    public let stage: Stage
    /// The method and the URL.
    public let request: String

    public var description: String {
        let what =
            switch reason {
            case .invalidURL: "no http URL with a host"
            case .timeout(let time): "not within \(Double(time.nanoseconds) / 1e9) s"
            case .closed: "the server has closed the connection"
            case .bodyTooLarge(let limit): "more than \(limit) bytes"
            case .other(let error): "\(error)"
            }
        return "\(request), waiting for \(stage.rawValue): \(what)"
    }

    init(_ reason: Reason, _ stage: Stage, of request: HTTPClientRequest) {
        self.reason = reason
        self.stage = stage
        self.request = "\(request.method.rawValue) \(request.url)"
    }
}
