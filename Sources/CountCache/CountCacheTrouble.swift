/// What went wrong: the `kind` of `count_cache_errors_total`.
public enum CountCacheTrouble: String, Error, Sendable, CaseIterable {
    /// No connection: refused, unreachable, no such host, or the connect timeout.
    case connect
    /// The TLS handshake failed, or was not over within the connect timeout: the server speaks no TLS, or its
    /// certificate is not trusted or of another host.
    case tls
    /// No answer within the command timeout.
    case timeout
    /// The connection was closed or broke.
    case closed
    /// Bytes that are no RESP2 reply, a reply beyond the limits, of another shape, or one that nobody asked for.
    case `protocol`
    /// More commands at once than are let wait.
    case overload
    /// Redis wants other credentials (`NOAUTH`, `WRONGPASS`, `NOPERM`).
    case auth
    /// Redis cannot answer for now (`LOADING`, `MASTERDOWN`, `BUSY`, `CLUSTERDOWN`, `TRYAGAIN`).
    case loading
    /// A replica that takes no writes (`READONLY`), or a master that refuses them (`MISCONF`, `NOREPLICAS`).
    case readonly
    /// Redis has no memory left (`OOM`).
    case oom
    /// A redirect that is not followed: the address names no cluster, or it is malformed, one of too many in a row,
    /// or to one node too many.
    case redirect
    /// The key holds something other than a string (`WRONGTYPE`).
    case wrongType = "wrong_type"
    /// The key holds a string that is no count, or one that was stamped in the future.
    case value
    /// Any other error reply.
    case reply
    /// The closure that counts has failed.
    case load
    /// The closure that counts took longer than it may, and was cancelled.
    case overdue

    /// From an error reply. The text after the code is dropped and never logged, because Redis repeats arguments in
    /// it: `ERR unknown command 'AUTH', with args beginning with: 'the password'`.
    init(errorReply text: String) {
        self.init(errorCode: text.prefix { $0 != " " })
    }

    /// From the code that an error reply begins with.
    init(errorCode: Substring) {
        self =
            switch errorCode {
            case "NOAUTH", "WRONGPASS", "NOPERM": .auth
            case "LOADING", "MASTERDOWN", "BUSY", "CLUSTERDOWN", "TRYAGAIN": .loading
            case "READONLY", "MISCONF", "NOREPLICAS": .readonly
            case "OOM": .oom
            case "WRONGTYPE": .wrongType
            case "MOVED", "ASK": .redirect
            default: .reply
            }
    }
}
