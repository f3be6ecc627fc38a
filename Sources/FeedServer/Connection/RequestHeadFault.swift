import NIOHTTP1

/// Why a request's head is refused, and its connection closed: two readers could take what it says, or where it
/// ends, for different things.
enum RequestHeadFault: Error, Hashable, Sendable {
    /// HTTP/1.0 knows no `Transfer-Encoding` (RFC 9112, section 6.1).
    case transferEncodingInHTTP10
    /// A transfer coding that is not understood (RFC 9112, section 6.1).
    case unknownTransferCoding
    /// `chunked` more than once, or nothing at all (RFC 9112, sections 6.1 and 7.1).
    case transferEncoding
    /// More than one `Host` (RFC 9112, section 3.2): a proxy may have looked at another one.
    case hostRepeated

    /// What is wrong with a head, `nil` where nothing is.
    init?(_ head: HTTPRequestHead) {
        var hosts = 0
        for (name, _) in head.headers where name.utf8.isText(inAnyCase: "host") { hosts += 1 }
        if hosts > 1 {
            self = .hostRepeated
            return
        }
        let fields = head.headers["Transfer-Encoding"]
        guard !fields.isEmpty else { return nil }
        let codings = fields.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")).map(\.withoutBlanks) }
            .filter { !$0.isEmpty }
        if head.version != .http1_1 {
            self = .transferEncodingInHTTP10
        } else if codings.contains(where: { !$0.isText(inAnyCase: "chunked") }) {
            self = .unknownTransferCoding
        } else if codings.count != 1 {
            self = .transferEncoding
        } else {
            return nil
        }
    }
}
