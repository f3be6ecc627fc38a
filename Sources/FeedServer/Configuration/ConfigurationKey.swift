/// A setting of the server: one name, used alike as an argument and in the environment.
///
/// `max-skip` is `--max-skip` on the command line and `FEED_MAX_SKIP` in the environment and in a
/// `.env` file. `docs/configuration.md` lists all of them, and a test holds it to that.
public struct ConfigurationKey: Hashable, Sendable {
    /// Lower case words with hyphens.
    public let name: String
    /// What is used where the key is not set, as text; empty stands for nothing.
    public let standard: String
    /// One sentence, with unit and bounds.
    public let help: String
    /// Whether its value must never be shown.
    public let isSecret: Bool

    /// Stands before the names of environment variables.
    static let environmentPrefix = "FEED_"

    /// The argument of `feed-server serve`.
    public var argument: String { "--\(name)" }

    /// The environment variable.
    public var environmentVariable: String {
        Self.environmentPrefix + name.uppercased().replacing("-", with: "_")
    }

    private init(_ name: String, standard: String, _ help: String, isSecret: Bool = false) {
        self.name = name
        self.standard = standard
        self.help = help
        self.isSecret = isSecret
    }

    public static let host = Self(
        "host", standard: "127.0.0.1", "Address to listen on; 0.0.0.0 for every IPv4 address.")
    public static let port = Self(
        "port", standard: "8080", "Port to listen on, 0 to 65535; 0 takes a free one.")
    public static let operationsAddress = Self(
        "operations-address", standard: "",
        "Address with a port, 127.0.0.1:9090 for instance, at which alone /metrics and /readyz are answered, and "
            + "/healthz as well; where it is not set, all three are at the address of everything else.")
    public static let hosts = Self(
        "hosts", standard: "",
        "Hosts that are answered, by the Host field of a request, separated by commas: names or addresses, with or "
            + "without a port, and *.example.com for all names below; others get 421. Every host where it is not set."
    )
    public static let database = Self(
        "database", standard: "data/feed.sqlite", "Path of the SQLite file; created where there is none.")
    public static let redis = Self(
        "redis", standard: "redis://127.0.0.1:6379",
        "URL of the Redis that keeps counts, redis:// or rediss:// (TLS) with "
            + "[user:password@]host[:port][/database], redis+cluster:// or rediss+cluster:// for a cluster, or "
            + "unix://[user:password@]/path[?db=N]; or none.",
        isSecret: true)
    public static let redisTrustRoots = Self(
        "redis-trust-roots", standard: "",
        "Path of a PEM file with the certificates that a rediss:// server is trusted by; "
            + "those of the system where it is not set.")
    public static let secret = Self(
        "secret", standard: "",
        "Secret that cursors and tokens are authenticated with, at least 16 characters; "
            + "made at the first start and kept beside the database where it is not set.",
        isSecret: true)
    public static let previousSecret = Self(
        "previous-secret", standard: "",
        "The secret before the current one: its cursors and tokens stay good while it is rotated out.",
        isSecret: true)
    public static let cursorLifetime = Self(
        "cursor-lifetime", standard: "0",
        "Seconds after which a cursor expires, 60 to 1000000000; 0 for never.")
    public static let postsPerPage = Self(
        "posts-per-page", standard: "10", "Rows of an offset page that asks for no number, 1 to 100.")
    public static let maximumSkip = Self(
        "max-skip", standard: "10000", "Rows that offset paging may skip, 0 to 1000000000.")
    public static let countTTL = Self(
        "count-ttl", standard: "5",
        "Seconds that a total may be old, 0.1 to 86400; an older one is marked stale.")
    public static let countSoftTTL = Self(
        "count-soft-ttl", standard: "",
        "Seconds from which a total is counted again in the background, at least 0.05 and at most "
            + "nine tenths of count-ttl; eight tenths of it where it is not set.")
    public static let countWait = Self(
        "count-wait", standard: "2",
        "Seconds that a request waits for a total before it gets a stale one or is answered 503, "
            + "0.01 to 60.")
    public static let countMaximumStale = Self(
        "count-max-stale", standard: "3600",
        "Seconds that a total may be old that is given, marked stale, where none can be counted in time, "
            + "0 to 2592000.")
    public static let countShare = Self(
        "count-share", standard: "1",
        "Percent of one core that counting one total may take, 0.01 to 100: "
            + "a COUNT that took 400 ms is not repeated for 40 s at 1.")
    public static let media = Self(
        "media", standard: "",
        "Folder of the users' pictures, of this server alone; where it is not set, one beside the "
            + "database and named after it.")
    public static let tokenLifetime = Self(
        "token-lifetime", standard: "1800", "Seconds that a token of the API is good, 60 to 86400.")
    public static let sessionLifetime = Self(
        "session-lifetime", standard: "1209600",
        "Seconds that a browser stays logged in, 60 to 31536000.")
    public static let secureCookies = Self(
        "secure-cookies", standard: "false",
        "Whether browsers send the session's cookie over HTTPS only: true or false. "
            + "To be set where a proxy in front of the server speaks HTTPS.")
    public static let scryptCost = Self(
        "scrypt-cost", standard: "15",
        "Work for each password, as the binary logarithm of scrypt's N, 10 to 18: "
            + "each step doubles time and memory, 32 MiB at 15.")
    public static let attemptsPerAccount = Self(
        "attempts-per-account", standard: "10",
        "Wrong passwords that one account takes in ten minutes, 1 to 1000000.")
    public static let attemptsPerAddress = Self(
        "attempts-per-address", standard: "100",
        "Wrong passwords and registrations that one address may send in ten minutes, 1 to 1000000; "
            + "ten right passwords count as a wrong one, and an IPv6 network of 64 bits is one address.")
    public static let trustedProxies = Self(
        "trusted-proxies", standard: "0",
        "Proxies in front of the server that are believed when they tell a client's address in "
            + "X-Forwarded-For, 0 to 10.")
    public static let readDeadline = Self(
        "read-deadline", standard: "10", "Seconds that one COUNT or OFFSET may take, 0.1 to 3600.")
    public static let maximumConnections = Self(
        "max-connections", standard: "4096",
        "Connections at a time, 1 to 1000000; past them, silent ones of the address that has the most are closed "
            + "for new ones.")
    public static let maximumConnectionsPerAddress = Self(
        "max-connections-per-address", standard: "",
        "Connections of one address at a time, 1 to 1000000, where an IPv6 network of 64 bits is one address; half of "
            + "max-connections where it is not set, and no bound where trusted-proxies is above 0.")
    public static let maximumBodyMemory = Self(
        "max-body-memory", standard: "64",
        "Mebibytes of request bodies that are held at a time, 32 to 1048576, a quarter of them for one address, where "
            + "an IPv6 network of 64 bits is one address.")
    public static let maximumAnswerMemory = Self(
        "max-answer-memory", standard: "128",
        "Mebibytes of answers of more than 64 KiB that are held at a time until clients have taken them, 32 to 1048576."
    )
    public static let headTimeout = Self(
        "head-timeout", standard: "30",
        "Seconds in which a client must send a whole request head, from when the connection opened "
            + "or its last response was sent, 1 to 3600.")
    public static let bodyTimeout = Self(
        "body-timeout", standard: "60", "Seconds in which a client must send a whole body, 1 to 3600.")
    public static let writeTimeout = Self(
        "write-timeout", standard: "30", "Seconds in which a client must take a whole response, 1 to 3600.")
    public static let shutdownTimeout = Self(
        "shutdown-timeout", standard: "30",
        "Seconds that requests in flight may take to finish when the server is stopped, 1 to 3600.")
    public static let drainDelay = Self(
        "drain-delay", standard: "0",
        "Seconds that a server that is stopped still accepts connections, "
            + "while /readyz says that it is draining, 0 to 3600.")
    public static let accessLog = Self(
        "access-log", standard: "true", "Whether each request is logged to standard error: true or false.")
    public static let auditLog = Self(
        "audit-log", standard: "true",
        "Whether each log-in and log-out and each change of an account is logged to standard error: true or "
            + "false.")
    public static let logLevel = Self(
        "log-level", standard: "info",
        "Least level that is logged: trace, debug, info, notice, warning, error, critical.")

    /// All keys, in the order of the documentation.
    public static let all: [ConfigurationKey] = [
        host, port, operationsAddress, hosts, database, redis, redisTrustRoots, secret, previousSecret,
        cursorLifetime,
        postsPerPage,
        maximumSkip,
        countTTL, countSoftTTL, countWait, countMaximumStale, countShare, readDeadline, maximumConnections,
        maximumConnectionsPerAddress, maximumBodyMemory, maximumAnswerMemory,
        headTimeout, bodyTimeout, writeTimeout, media, tokenLifetime, sessionLifetime, secureCookies,
        scryptCost, attemptsPerAccount, attemptsPerAddress, trustedProxies,
        drainDelay, shutdownTimeout, accessLog, auditLog, logLevel,
    ]
}
