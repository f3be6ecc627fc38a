/// Where Redis is and who we are to it, in one of these spellings:
///
/// - `redis://[user:password@]host[:port][/database]`
/// - `rediss://…`, the same with TLS: see ``RedisTrustRoots``
/// - `redis+cluster://…` and `rediss+cluster://…`, the same for a cluster
/// - `unix://[user:password@]/path/to/socket[?db=database]`
///
/// User, password and path are percent-encoded, a numeric IPv6 address stands in brackets, and the port is 6379
/// unless given. Without a user the password is that of Redis's default user.
///
/// In a cluster this is the node that is asked first; from there redirects are followed, to other nodes with the
/// same user, password and TLS. A name that resolves to several nodes is better than the address of one. Where no
/// cluster is named, a redirect is an error, and nobody is connected to: whatever answers at the address could
/// otherwise have the password sent to any host and port. Sentinel is not spoken: give the address of a proxy or a
/// name that follows the master.
///
/// The password cannot get into a log by accident: neither ``description`` nor a mirror shows it, and no error
/// repeats any part of the text.
public struct RedisAddress: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// For TLS too.
    public static let defaultPort = 6379
    /// Longest text in bytes.
    public static let maxLength = 2048
    /// Highest number of a database.
    public static let maxDatabase = 65_535

    let endpoint: RedisEndpoint
    /// `nil` is Redis's default user.
    public let user: String?
    let password: String?
    /// 0 to ``maxDatabase``.
    public let database: Int
    /// Whether redirects are followed.
    public let isCluster: Bool

    /// Whether the connection is encrypted and the server's certificate verified.
    public var usesTLS: Bool {
        if case .tcp(_, _, tls: true) = endpoint { true } else { false }
    }

    /// Without user and password.
    public var description: String {
        switch endpoint {
        case .tcp: "\(endpoint.scheme)\(isCluster ? Self.clusterMark : "")://\(endpoint.place)/\(database)"
        case .unix: "\(endpoint)?db=\(database)"
        }
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(self, children: ["endpoint": "\(endpoint)", "database": database, "isCluster": isCluster])
    }

    /// Stands behind the scheme of a cluster.
    static let clusterMark = "+cluster"

    init(endpoint: RedisEndpoint, user: String?, password: String?, database: Int, isCluster: Bool) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
        self.isCluster = isCluster
    }
}

/// A text that is no ``RedisAddress``. It says why and repeats nothing: a password may be in any part of a URL that
/// is badly written.
public struct InvalidRedisAddress: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: String, Sendable {
        case scheme = "it does not begin with redis[s]://, redis[s]+cluster:// or unix://"
        case tooLong = "it is too long"
        case character = "it has a character that is not allowed (blank, control, not ASCII, ? or #)"
        case credentials = "before the @ there must be user:password or :password, percent-encoded"
        case host = "the host is missing or not valid"
        case port = "the port is not a number from 1 to 65535"
        case database = "the database is not a number from 0 to 65535"
        case path = "the path of the Unix socket is not absolute, not valid, or longer than 107 bytes"
        case query = "after the path of a Unix socket only ?db=NUMBER may stand"
    }

    public let reason: Reason

    public var description: String {
        "not an address of Redis (redis[s][+cluster]://[user:password@]host[:port][/db] or "
            + "unix://[user:password@]/path[?db=N]): \(reason.rawValue)"
    }
}
