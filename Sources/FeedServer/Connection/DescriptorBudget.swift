import Foundation
import NIOCore
import NIOPosix

/// The file descriptors that this process may have, and how many of them there are for clients' connections: the rest is
/// kept for readers, pictures and Redis, so that no crowd of connections takes what answering them needs.
public struct DescriptorBudget: Sendable {
    /// For each core a reader (database and log), as many threads read at once; two more for slow reads.
    private static let perReader = 2
    private static let slowReaders = 2
    /// Signals (4), listening sockets (2), Redis and a name's resolution (2), the picture worker (2), the media folder (2),
    /// `/proc` for metrics (2), and the reserve (``DescriptorReserve``, 2).
    private static let others = 16
    /// What is open when all parts are: a little more than that, and for each core an event loop.
    private static let parts = 16
    private static let perEventLoop = 3
    /// By which the estimate may be wrong, where there are as many as one likes.
    private static let margin = 64

    /// Connections with which a server is one.
    static let minimumConnections = 4

    /// The soft limit (RLIMIT_NOFILE).
    let limit: Int
    /// What everything but connections has and may need.
    let reserve: Int

    /// - Parameters:
    ///   - limit: descriptors at a time.
    ///   - open: those that are open when all parts are and nothing is connected.
    ///   - cores: threads that read at once.
    init(limit: Int, open: Int, cores: Int = System.coreCount) {
        self.limit = limit
        reserve = open + (cores + Self.slowReaders) * Self.perReader + Self.others
    }

    /// Looks at what is open now, which should be all that stays open.
    public static func current() -> DescriptorBudget {
        // Event loops are made by whoever asks for them first.
        _ = MultiThreadedEventLoopGroup.singleton
        let limits = limits()
        return DescriptorBudget(
            limit: Int(clamping: limits.rlim_cur),
            open: ProcessMetrics.openFileDescriptors().map { Int($0) } ?? 0)
    }

    /// Raises the soft limit to what a server needs that is configured like this, as far as the hard limit allows. To be
    /// called before its parts are opened.
    ///
    /// - Throws: where that is too little for a server.
    public static func raiseLimit(for configuration: ServerConfiguration) throws(ConfigurationError) {
        let cores = System.coreCount
        var limits = limits()
        let estimate = DescriptorBudget(
            limit: Int(clamping: limits.rlim_max), open: parts + perEventLoop * cores, cores: cores)
        try estimate.check(configuration)
        let needed =
            estimate.reserve + AcceptLimit.descriptors(for: configuration.maximumConnections)
            + AcceptLimit.descriptors(for: configuration.operationsConnections) + margin
        let wanted = min(rlim_t(needed), limits.rlim_max)
        guard wanted > limits.rlim_cur else { return }
        limits.rlim_cur = wanted
        // Where it can't be raised, there is room for fewer connections, which is told.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    private static func limits() -> rlimit {
        var limits = rlimit()
        // It fails for no resource that there is.
        _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        return limits
    }

    /// Bounds the connections of a server to those that there are descriptors for: first those of its operations address,
    /// to an eighth of all, and then the others.
    ///
    /// - Returns: what there is room for, for the log.
    /// - Throws: where there is none for a server.
    public func bound(_ configuration: inout ServerConfiguration) throws(ConfigurationError) -> Room {
        try check(configuration)
        var free = limit - reserve
        if configuration.operationsAddress != nil {
            let share = max(Self.minimumConnections, AcceptLimit.connections(for: free / 8))
            configuration.operationsConnections = min(configuration.operationsConnections, share)
            free -= AcceptLimit.descriptors(for: configuration.operationsConnections)
        }
        let wanted = configuration.maximumConnections
        configuration.limitConnections(to: AcceptLimit.connections(for: free))
        return Room(
            connections: configuration.maximumConnections, wanted: wanted, limit: limit, reserve: reserve)
    }

    private func check(_ configuration: ServerConfiguration) throws(ConfigurationError) {
        let servers = configuration.operationsAddress == nil ? 1 : 2
        let needed = reserve + servers * AcceptLimit.descriptors(for: Self.minimumConnections)
        guard limit < needed else { return }
        throw ConfigurationError(
            "there may be \(limit) file descriptors, and a server needs at least \(needed): raise the limit (ulimit -n, LimitNOFILE= of systemd)"
        )
    }

    /// How many connections there is room for.
    public struct Room: Sendable, CustomStringConvertible {
        let connections: Int
        /// What is configured.
        let wanted: Int
        let limit: Int
        let reserve: Int

        /// Whether there are fewer descriptors than the configuration asks for.
        public var isShort: Bool { connections < wanted }

        public var description: String {
            let room =
                "Room for \(connections) connections: there may be \(limit) file descriptors, \(reserve) of them are kept for other things"
            guard isShort else { return room }
            return
                "\(room). For all \(wanted) of max-connections, raise the limit (ulimit -n, LimitNOFILE= of systemd)"
        }
    }
}
