import NIOCore

/// How long a client may take over each step of an HTTP/1.1 connection.
///
/// None of them bounds how long the *server* takes to answer: that is the deadline of the request's own work.
struct ConnectionTimeouts: Sendable {
    /// From the opening of the connection, or from the moment at which the client has taken the last response, to a
    /// complete request head. It covers idle connections and heads that come byte by byte alike.
    static let defaultHead = TimeAmount.seconds(30)
    /// From the head of a request to its end, however steadily its bytes come.
    static let defaultBody = TimeAmount.seconds(60)
    /// From a written response to its last byte in the kernel's hands.
    static let defaultWrite = TimeAmount.seconds(30)
    /// From the server's half of the close to the client's.
    static let defaultLinger = TimeAmount.seconds(5)

    var head = defaultHead
    var body = defaultBody
    var write = defaultWrite
    var linger = defaultLinger
}
