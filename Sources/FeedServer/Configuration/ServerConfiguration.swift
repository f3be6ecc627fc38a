import Configuration
import FeedStore
import Foundation
public import Logging
import SystemPackage

/// The settings of a server, checked. Each is described by its ``ConfigurationKey``.
public struct ServerConfiguration: Sendable {
    public var host: String
    public var port: Int
    /// `nil` where operators ask where everybody does.
    var operationsAddress: ListenAddress?
    /// `nil` where every host is answered.
    var hosts: HostList?
    public var databasePath: String
    /// `nil` where counts are kept in memory only.
    public var redisURL: String?
    var secret: [UInt8]?
    var previousSecret: [UInt8]?
    /// Seconds; `nil` where cursors don't expire.
    var cursorLifetime: Int?
    var limits: PagingLimits
    /// `nil` where the system's are used.
    var redisTrustRootsPath: String?
    var counting: CountSettings
    /// `nil` where it stands beside the database.
    public var mediaPath: String?
    var accounts: AccountSettings
    /// How many proxies in front of the server are believed.
    var trustedProxies: Int
    var readDeadline: Duration
    private(set) var maximumConnections: Int
    /// `nil` for no bound.
    private(set) var maximumConnectionsPerAddress: Int?
    private let hasOwnBoundPerAddress: Bool
    /// Of the operations address.
    var operationsConnections = OperationsServer.maximumConnections
    /// Bytes.
    var maximumBodyMemory: Int
    /// Bytes.
    var maximumAnswerMemory: Int
    var headTimeout: Duration
    var bodyTimeout: Duration
    var writeTimeout: Duration
    public var shutdownTimeout: Duration
    /// Part of the time in which a server stops, before ``shutdownTimeout`` is counted.
    public var drainDelay: Duration
    var logsAccess: Bool
    /// Whether log-ins and changes of accounts are.
    var logsAccounts: Bool
    public var logLevel: Logger.Level

    /// The folder of pictures beside a database.
    public static func mediaPath(of databasePath: String) -> String {
        databasePath + ".media"
    }

    /// Takes no more connections than there is room for.
    mutating func limitConnections(to room: Int) {
        maximumConnections = min(maximumConnections, room)
        let perAddress = hasOwnBoundPerAddress ? maximumConnections : Self.half(of: maximumConnections)
        maximumConnectionsPerAddress = maximumConnectionsPerAddress.map { min($0, perAddress) }
    }

    private static func half(of connections: Int) -> Int { (connections + 1) / 2 }

    /// The shortest secret that is taken, in bytes.
    static let minimumSecretLength = 16

    /// Reads the settings: arguments, then the environment, then a `.env` file, then the defaults.
    ///
    /// - Parameters:
    ///   - arguments: the values given on the command line, by key.
    ///   - environment: `nil` for the process's own.
    ///   - environmentFile: path of the `.env` file; it may be missing.
    /// - Throws: ``ConfigurationError`` for a value out of bounds, for a secret that is weak or that others can
    ///   read in the file, and for a `FEED_…` variable that is neither a key nor one of ``ServiceVariables``: a
    ///   misspelt setting would otherwise be ignored in silence.
    public init(
        arguments: [ConfigurationKey: String] = [:],
        environment: [String: String]? = nil,
        environmentFile: String = ".env"
    ) async throws {
        let values = try await ConfigurationValues(
            arguments: arguments, environment: environment ?? ProcessInfo.processInfo.environment,
            environmentFile: environmentFile)
        host = try values.text(.host)
        port = try values.integer(.port, in: 0...65_535)
        let operations = try values.text(.operationsAddress)
        operationsAddress = operations.isEmpty ? nil : ListenAddress(operations)
        guard operations.isEmpty || operationsAddress != nil else {
            throw ConfigurationError(
                .operationsAddress,
                "must be an address with a port from 0 to 65535, such as 127.0.0.1:9090 or [::1]:9090, "
                    + "not '\(operations)'")
        }
        let hosts = try values.text(.hosts)
        self.hosts = hosts.isEmpty ? nil : HostList(hosts)
        guard hosts.isEmpty || self.hosts != nil else {
            throw ConfigurationError(
                .hosts,
                "must be hosts separated by commas, such as example.com, example.com:8443, [::1] or *.example.com, "
                    + "not '\(hosts)'")
        }
        databasePath = try values.text(.database)
        let redis = try values.text(.redis)
        redisURL = redis == "none" ? nil : redis
        let trustRoots = try values.text(.redisTrustRoots)
        redisTrustRootsPath = trustRoots.isEmpty ? nil : trustRoots
        secret = try values.secret(.secret)
        previousSecret = try values.secret(.previousSecret)
        let lifetime = try values.integer(.cursorLifetime, in: 0...1_000_000_000)
        guard lifetime == 0 || lifetime >= 60 else {
            throw ConfigurationError(.cursorLifetime, "must be 0 or at least 60, not \(lifetime)")
        }
        cursorLifetime = lifetime == 0 ? nil : lifetime
        limits = PagingLimits(
            postsPerPage: try values.integer(.postsPerPage, in: 1...PagingLimits.maximumPageSize),
            maximumSkip: try values.integer(.maximumSkip, in: 0...1_000_000_000))
        let isSoftTTLGiven = try !values.text(.countSoftTTL).isEmpty
        counting = CountSettings(
            timeToLive: try values.seconds(.countTTL, in: 0.1...86_400),
            softTimeToLive: isSoftTTLGiven
                ? try values.seconds(.countSoftTTL, in: 0.05...86_400) : nil,
            wait: try values.seconds(.countWait, in: 0.01...60),
            maximumStaleAge: try values.seconds(.countMaximumStale, in: 0...2_592_000),
            share: try values.number(.countShare, in: 0.01...100, unit: "percent") / 100)
        let media = try values.text(.media)
        mediaPath = media.isEmpty ? nil : media
        accounts = AccountSettings(
            tokenLifetime: try values.integer(.tokenLifetime, in: 60...86_400),
            sessionLifetime: try values.integer(.sessionLifetime, in: 60...31_536_000),
            usesSecureCookies: try values.flag(.secureCookies),
            scryptCost: try values.integer(.scryptCost, in: 10...18),
            attemptsPerAccount: try values.integer(.attemptsPerAccount, in: 1...1_000_000),
            attemptsPerAddress: try values.integer(.attemptsPerAddress, in: 1...1_000_000))
        trustedProxies = try values.integer(.trustedProxies, in: 0...10)
        readDeadline = try values.seconds(.readDeadline, in: 0.1...3_600)
        maximumConnections = try values.integer(.maximumConnections, in: 1...1_000_000)
        hasOwnBoundPerAddress = try !values.text(.maximumConnectionsPerAddress).isEmpty
        let perAddress =
            hasOwnBoundPerAddress
            ? try values.integer(.maximumConnectionsPerAddress, in: 1...1_000_000)
            : Self.half(of: maximumConnections)
        // All of them come from the proxies.
        maximumConnectionsPerAddress = trustedProxies > 0 ? nil : perAddress
        maximumBodyMemory = try values.integer(.maximumBodyMemory, in: 32...1_048_576) << 20
        maximumAnswerMemory = try values.integer(.maximumAnswerMemory, in: 32...1_048_576) << 20
        headTimeout = try values.seconds(.headTimeout, in: 1...3_600)
        bodyTimeout = try values.seconds(.bodyTimeout, in: 1...3_600)
        writeTimeout = try values.seconds(.writeTimeout, in: 1...3_600)
        drainDelay = try values.seconds(.drainDelay, in: 0...3_600)
        shutdownTimeout = try values.seconds(.shutdownTimeout, in: 1...3_600)
        logsAccess = try values.flag(.accessLog)
        logsAccounts = try values.flag(.auditLog)
        guard let level = Logger.Level(rawValue: try values.text(.logLevel)) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError(.logLevel, "must be one of \(levels)")
        }
        logLevel = level
    }
}

/// How people log in.
struct AccountSettings: Sendable {
    /// Seconds.
    var tokenLifetime: Int
    /// Seconds.
    var sessionLifetime: Int
    var usesSecureCookies: Bool
    /// The binary logarithm of scrypt's N.
    var scryptCost: Int
    /// In ten minutes.
    var attemptsPerAccount: Int
    /// In ten minutes.
    var attemptsPerAddress: Int
}

/// How totals are counted.
struct CountSettings: Sendable {
    var timeToLive: Duration
    /// `nil` for the count cache's own choice.
    var softTimeToLive: Duration?
    var wait: Duration
    var maximumStaleAge: Duration
    /// Of one core, for one total.
    var share: Double
}

/// The text of every key, wherever it was set, and its conversion to what it must be.
private struct ConfigurationValues {
    private let reader: ConfigReader

    init(
        arguments: [ConfigurationKey: String], environment: [String: String], environmentFile: String
    ) async throws {
        let services = ServiceVariables.names(in: environment)
        let environment = environment.filter { !services.contains($0.key) }
        try Self.refuseUnknown(environment.keys, where: "the environment")
        let file: EnvironmentVariablesProvider
        do {
            file = try await EnvironmentVariablesProvider(
                environmentFilePath: FilePath(environmentFile), allowMissing: true)
            let text = try? String(contentsOfFile: environmentFile, encoding: .utf8)  // Missing: no names.
            let variables = Self.variables(inEnvironmentFile: text ?? "")
            try Self.refuseUnknown(variables.map(\.name), where: environmentFile)
            if variables.contains(where: { Self.secretVariables.contains($0.name) && $0.isSet }) {
                try SecretFile.check(environmentFile)
            }
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError("\(environmentFile) can't be read: \(error)")
        }
        let given = arguments.map { key, text in
            (AbsoluteConfigKey(key.components), ConfigValue(.string(text), isSecret: key.isSecret))
        }
        let standard = ConfigurationKey.all.map { key in
            (AbsoluteConfigKey(key.components), ConfigValue(.string(key.standard), isSecret: false))
        }
        reader = ConfigReader(providers: [
            InMemoryProvider(name: "arguments", values: Dictionary(uniqueKeysWithValues: given)),
            EnvironmentVariablesProvider(environmentVariables: environment),
            file,
            InMemoryProvider(name: "defaults", values: Dictionary(uniqueKeysWithValues: standard)),
        ])
    }

    func text(_ key: ConfigurationKey) throws -> String {
        try reader.requiredString(forKey: ConfigKey(key.components), isSecret: key.isSecret)
    }

    func integer(_ key: ConfigurationKey, in bounds: ClosedRange<Int>) throws -> Int {
        let text = try text(key)
        guard let value = Int(text), bounds.contains(value) else {
            throw ConfigurationError(
                key, "must be an integer from \(bounds.lowerBound) to \(bounds.upperBound), not '\(text)'")
        }
        return value
    }

    func seconds(_ key: ConfigurationKey, in bounds: ClosedRange<Double>) throws -> Duration {
        .seconds(try number(key, in: bounds, unit: "seconds"))
    }

    func number(
        _ key: ConfigurationKey, in bounds: ClosedRange<Double>, unit: String
    ) throws -> Double {
        let text = try text(key)
        guard let value = Double(text), bounds.contains(value) else {
            throw ConfigurationError(
                key, "must be \(unit) from \(bounds.lowerBound) to \(bounds.upperBound), not '\(text)'")
        }
        return value
    }

    func flag(_ key: ConfigurationKey) throws -> Bool {
        let text = try text(key)
        guard let value = Bool(text) else {
            throw ConfigurationError(key, "must be true or false, not '\(text)'")
        }
        return value
    }

    func secret(_ key: ConfigurationKey) throws -> [UInt8]? {
        let text = try text(key)
        if text.isEmpty { return nil }
        guard text.utf8.count >= ServerConfiguration.minimumSecretLength else {
            throw ConfigurationError(
                key,
                "must have at least \(ServerConfiguration.minimumSecretLength) characters; make it with "
                    + SecretWeakness.remedy)
        }
        let secret = Array(text.utf8)
        if let weakness = SecretWeakness(of: secret) {
            throw ConfigurationError(
                key, "\(weakness.rawValue) and would be guessed; make it with \(SecretWeakness.remedy)")
        }
        return secret
    }

    private static func refuseUnknown(_ names: some Sequence<String>, where place: String) throws {
        let known = Set(ConfigurationKey.all.map(\.environmentVariable))
        let unknown = names.filter { $0.hasPrefix(ConfigurationKey.environmentPrefix) && !known.contains($0) }
        guard let name = unknown.min() else { return }
        throw ConfigurationError(
            "\(place) sets \(name), which is no key; docs/configuration.md lists them all")
    }

    /// Those that are nothing but a secret: the address of a Redis seldom has one.
    private static let secretVariables = Set(
        [ConfigurationKey.secret, .previousSecret].map(\.environmentVariable))

    private static func variables(inEnvironmentFile text: String) -> [(name: String, isSet: Bool)] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let line = line.drop(while: \.isWhitespace)
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { return nil }
            let value = line[equals...].dropFirst()
            let name = line[..<equals].split(separator: " ").last
            return name.map { (String($0), !value.allSatisfy { $0.isWhitespace || $0 == "\"" || $0 == "'" }) }
        }
    }
}

extension ConfigurationKey {
    /// As swift-configuration joins it into `FEED_MAX_SKIP`.
    fileprivate var components: [String] {
        ["feed"] + name.split(separator: "-").map(String.init)
    }
}
