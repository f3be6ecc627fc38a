import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// What a platform sets by the name of a service is no setting, and no misspelt one.
struct ServiceVariablesTests {
    /// As Kubernetes and Docker set them.
    private static func variables(
        of service: String, port: Int = 80, transport: String = "tcp", address: String = "10.96.0.7"
    ) -> [String: String] {
        let host = address.contains(":") ? "[\(address)]" : address
        let url = "\(transport)://\(host):\(port)"
        let name = "\(service)_PORT_\(port)_\(transport.uppercased())"
        return [
            "\(service)_SERVICE_HOST": address, "\(service)_SERVICE_PORT": "\(port)",
            "\(service)_SERVICE_PORT_HTTP": "\(port)", "\(service)_PORT": url, name: url,
            "\(name)_PROTO": transport, "\(name)_PORT": "\(port)", "\(name)_ADDR": address,
        ]
    }

    private static func configuration(
        _ environment: [String: String], file: String = "/nonexistent/.env"
    ) async throws -> ServerConfiguration {
        try await ServerConfiguration(environment: environment, environmentFile: file)
    }

    @Test(arguments: ["FEED", "FEED_REDIS", "FEED_SERVER", "FEED_MAX_SKIP", "FEED_PORT"])
    func aServiceIsNoSetting(service: String) async throws {
        for variables in [
            Self.variables(of: service), Self.variables(of: service, port: 8080, transport: "udp"),
            Self.variables(of: service, address: "fd00::7"),
        ] {
            let configuration = try await Self.configuration(variables.merging(["PATH": "/bin"]) { $1 })
            #expect(configuration.port == 8080 && configuration.host == "127.0.0.1")
            #expect(configuration.limits.maximumSkip == 10_000)
            #expect(ServiceVariables.names(in: variables) == Set(variables.keys))
        }
    }

    /// The pod's own value stands in the place of the platform's.
    @Test func aSettingBesideAServiceIsTaken() async throws {
        var variables = Self.variables(of: "FEED", port: 9000)
        variables.merge(Self.variables(of: "FEED_REDIS", port: 6379)) { $1 }
        variables["FEED_PORT"] = "9000"
        variables["FEED_REDIS"] = "redis://feed-redis"
        variables["FEED_HOST"] = "0.0.0.0"
        let configuration = try await Self.configuration(variables)
        #expect(configuration.port == 9000 && configuration.host == "0.0.0.0")
        #expect(configuration.redisURL == "redis://feed-redis")
    }

    /// A file's line counts as it does where the platform sets nothing.
    @Test func aFileCountsWhereThePlatformHasTheName() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let file = folder.path(".env")
        try Data("FEED_PORT=9001\n".utf8).write(to: URL(fileURLWithPath: file))
        #expect(try await Self.configuration(Self.variables(of: "FEED"), file: file).port == 9001)
    }

    /// One is refused that only looks like them, or that a service does not have, with the same words as ever.
    @Test(arguments: [
        (["FEED_SERVICE_HOST": "10.0.0.1", "FEED_SERVICE_PORT": "80"], "FEED_SERVICE_HOST, which is no key"),
        (["FEED_PORT": "tcp://10.0.0.1:80"], "(FEED_PORT) must be an integer"),
        (["FEED_PORT_80_TCP": "tcp://10.0.0.1:81"], "FEED_PORT_80_TCP, which is no key"),
        (["FEED_PORT_80_TCP": "udp://10.0.0.1:80"], "FEED_PORT_80_TCP, which is no key"),
        (["FEED_PORT_80_HTTP": "http://10.0.0.1:80"], "FEED_PORT_80_HTTP, which is no key"),
        (["FEEDER_PORT_80_TCP": "tcp://10.0.0.1:80", "FEED_SERVICE_HOST": "a"], "FEED_SERVICE_HOST"),
    ])
    func whatNoServiceIsToldByIsASetting(environment: [String: String], says: String) async {
        let error = await #expect(throws: ConfigurationError.self) {
            try await Self.configuration(environment)
        }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["FEED_MAX_SKIPS", "FEED_SERVICE", "FEED_SERVICE_HOSTS", "FEED_PORTS", "FEED_PORT_80"])
    func aMisspeltSettingIsRefusedAlsoBesideAService(name: String) async {
        let variables = Self.variables(of: "FEED").merging([name: "1"]) { $1 }
        let error = await #expect(throws: ConfigurationError.self) { try await Self.configuration(variables) }
        #expect(error?.description.contains(name) == true)
    }

    /// No platform writes a file of ours.
    @Test func inAFileTheyAreRefused() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let file = folder.path(".env")
        let lines = Self.variables(of: "FEED").map { "\($0.key)=\($0.value)\n" }
        try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: file))
        await #expect(throws: ConfigurationError.self) {
            try await Self.configuration(Self.variables(of: "FEED"), file: file)
        }
    }
}
