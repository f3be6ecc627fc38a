import Foundation
import TestSupport
import Testing

@testable import CountCache

/// The client with a real Redis that speaks TLS.
@Suite struct RedisTLSTests {
    @Test(arguments: ["localhost", "127.0.0.1"])
    func trustedServerIsUsed(host: String) async throws {
        let certificates = try await TestCertificates(names: "DNS:localhost,IP:127.0.0.1")
        let server = try await RedisServer.start("--requirepass", "sesame", over: .tls(certificates))
        let test = try RedisClientUnderTest("rediss://:sesame@\(host):\(server.port)/1") {
            $0.trustRoots = .file(certificates.authorityPath)
        }
        try await test.whileRunning { () async throws in
            #expect(await test.echoes("1"))
            #expect(test.connects == 1)
            try await server.kill()
            try await test.log.wait(for: "Redis away")
            try await server.restart()
            try await test.log.wait(for: "Redis is back")
            #expect(await test.echoes("2"))
        }
        #expect(test.errors(.tls) == 0)
    }

    enum Mistake: CaseIterable {
        case otherAuthority, systemRoots, nameForAddress, addressForName
    }

    @Test(arguments: Mistake.allCases)
    func otherServerIsRefused(mistake: Mistake) async throws {
        let names = mistake == .addressForName || mistake == .nameForAddress ? "DNS:other,IP:127.0.0.2" : nil
        let certificates = try await TestCertificates(names: names ?? "DNS:localhost,IP:127.0.0.1")
        let others = try await TestCertificates(names: "DNS:localhost")
        let server = try await RedisServer.start(over: .tls(certificates))
        let host = mistake == .addressForName ? "localhost" : "127.0.0.1"
        let test = try RedisClientUnderTest("rediss://\(host):\(server.port)") {
            switch mistake {
            case .otherAuthority: $0.trustRoots = .file(others.authorityPath)
            case .systemRoots: $0.trustRoots = .system
            case .nameForAddress, .addressForName: $0.trustRoots = .file(certificates.authorityPath)
            }
        }
        try await test.whileRunning { () async throws in
            try await test.log.wait(for: "Redis away")
            #expect(await test.run(RedisClientUnderTest.echo) == nil)
        }
        #expect(test.errors(.tls) >= 1)
        #expect(test.connects == 0)
    }

    @Test func serverWithoutTLSIsRefused() async throws {
        let certificates = try await TestCertificates(names: "DNS:localhost")
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest("rediss://127.0.0.1:\(server.port)") {
            $0.trustRoots = .file(certificates.authorityPath)
            // Redis waits for the end of a line, and we for the end of that.
            $0.connectTimeout = .milliseconds(200)
        }
        try await test.whileRunning { () async throws in try await test.meets(.tls) }
        #expect(test.connects == 0)
    }

    @Test func plainClientIsRefusedByTLS() async throws {
        let certificates = try await TestCertificates(names: "DNS:localhost")
        let server = try await RedisServer.start(over: .tls(certificates))
        let test = try RedisClientUnderTest("redis://127.0.0.1:\(server.port)")
        try await test.whileRunning { () async throws in try await test.log.wait(for: "Redis away") }
        #expect(test.errors(.closed) + test.errors(.protocol) >= 1)
    }

    @Test func frozenServerHoldsNothingUp() async throws {
        let certificates = try await TestCertificates(names: "IP:127.0.0.1")
        let server = try await RedisServer.start(over: .tls(certificates))
        let test = try RedisClientUnderTest(server.url, commandTimeout: .milliseconds(200)) {
            $0.trustRoots = .file(certificates.authorityPath)
            $0.connectTimeout = .milliseconds(100)
        }
        try await test.whileRunning { () async throws in
            try await test.succeeds()
            server.freeze()
            #expect(await test.run(RedisClientUnderTest.echo) == nil)
            // then: handshakes that hang are given up, and it comes back
            try await test.meets(.tls)
            server.thaw()
            try await test.succeeds()
            server.freeze()
        }
    }

    @Test(arguments: ["absent", "empty", "noise", "folder"])
    func badTrustRootsAreAnErrorAtOnce(kind: String) async throws {
        let folder = try TemporaryFolder()
        let path = kind == "folder" ? folder.url.path : folder.path(kind)
        if kind == "empty" { try "".write(toFile: path, atomically: true, encoding: .utf8) }
        if kind == "noise" { try "-----BEGIN".write(toFile: path, atomically: true, encoding: .utf8) }
        #expect {
            try RedisClientUnderTest("rediss://localhost") { $0.trustRoots = .file(path) }
        } throws: { error in
            (error as? InvalidCountCacheConfiguration)?.setting == "trustRoots"
        }
        // Without TLS nobody asks for them.
        _ = try RedisClientUnderTest("redis://localhost") { $0.trustRoots = .file(path) }
    }
}
