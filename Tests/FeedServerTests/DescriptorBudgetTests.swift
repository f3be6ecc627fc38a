import Testing

@testable import FeedServer

/// How many connections there is room for.
@Suite struct DescriptorBudgetTests {
    private func configuration(
        _ settings: [ConfigurationKey: String] = [:]
    ) async throws -> ServerConfiguration {
        try await ServerConfiguration(
            arguments: settings, environment: [:], environmentFile: "/nonexistent/.env")
    }

    /// The reserve is 44.
    private func budget(_ limit: Int) -> DescriptorBudget {
        DescriptorBudget(limit: limit, open: 20, cores: 2)
    }

    @Test func whereThereAreEnoughNothingIsLess() async throws {
        var configuration = try await configuration([.operationsAddress: "127.0.0.1:0"])
        let room = try budget(5_000).bound(&configuration)
        #expect(!room.isShort)
        #expect(configuration.maximumConnections == 4_096)
        #expect(configuration.maximumConnectionsPerAddress == 2_048)
        #expect(configuration.operationsConnections == OperationsServer.maximumConnections)
        #expect("\(room)".hasPrefix("Room for 4096 connections: there may be 5000 file descriptors, 44 of "))
    }

    /// The soft limit that there usually is.
    @Test func connectionsHaveWhatIsLeft() async throws {
        var configuration = try await configuration()
        let room = try budget(1_024).bound(&configuration)
        let connections = configuration.maximumConnections
        #expect(room.isShort)
        #expect((900...936).contains(connections))
        #expect(AcceptLimit.descriptors(for: connections) <= 1_024 - 44)
        #expect(configuration.maximumConnectionsPerAddress == (connections + 1) / 2)
        #expect(
            "\(room)".hasSuffix(
                "For all 4096 of max-connections, raise the limit (ulimit -n, LimitNOFILE= of systemd)"))
    }

    @Test func theOperationsAddressHasAPart() async throws {
        var configuration = try await configuration([.operationsAddress: "127.0.0.1:0"])
        _ = try budget(128).bound(&configuration)
        let (all, operations) = (configuration.maximumConnections, configuration.operationsConnections)
        #expect(operations == DescriptorBudget.minimumConnections)
        #expect(AcceptLimit.descriptors(for: all) + AcceptLimit.descriptors(for: operations) <= 128 - 44)
        #expect(all > 50)
    }

    @Test func anAddressHasNoMoreThanAll() async throws {
        for (settings, bound) in [
            ([ConfigurationKey.maximumConnectionsPerAddress: "7"], 7),
            ([.maximumConnectionsPerAddress: "3000"], 12), ([.trustedProxies: "1"], nil),
            ([.maximumConnections: "5"], 3),
        ] {
            var configuration = try await configuration(settings)
            _ = try budget(64).bound(&configuration)
            #expect(configuration.maximumConnections == (settings[.maximumConnections] == nil ? 12 : 5))
            #expect(configuration.maximumConnectionsPerAddress == bound, "\(settings)")
        }
    }

    @Test func whereThereAreTooFewItIsSaid() async throws {
        var configuration = try await configuration()
        let error = #expect(throws: ConfigurationError.self) { try budget(55).bound(&configuration) }
        #expect(
            error?.description
                == "there may be 55 file descriptors, and a server needs at least 56: raise the limit (ulimit -n, LimitNOFILE= of systemd)"
        )
        _ = try budget(56).bound(&configuration)
        #expect(configuration.maximumConnections == DescriptorBudget.minimumConnections)
    }

    @Test func connectionsFitIntoTheirDescriptors() {
        #expect(AcceptLimit.connections(for: 0) == 0)
        for connections in 1...10_000 {
            let descriptors = AcceptLimit.descriptors(for: connections)
            let fitting = AcceptLimit.connections(for: descriptors)
            #expect(fitting <= connections && fitting >= connections - connections / 128 - 1)
        }
    }
}
