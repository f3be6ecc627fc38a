import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import FeedStore

/// Sessions as their owner sees them, and their end.
@Suite struct SessionStoreTests {
    /// Stands still, unless it is told to go on.
    private final class Clock: Sendable {
        let time = Mutex(Timestamp(microseconds: 1_000_000))

        var now: Timestamp { time.withLock(\.self) }

        func advance(by microseconds: Int64 = 1) {
            time.withLock { $0.microseconds += microseconds }
        }
    }

    private let clock = Clock()
    private let fixture: StoreFixture
    private var store: SQLiteStore { fixture.store }

    init() throws {
        var configuration = SQLiteStore.Configuration.patient
        configuration.now = { [clock] in clock.now }
        fixture = try StoreFixture(configuration: configuration)
    }

    private func makeUser(_ name: String) async throws -> Int64 {
        try await store.createUser(
            username: name, email: "\(name)@example.com", passwordHash: "hash"
        ).user.author.id
    }

    private func key(_ number: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: 30) + [UInt8(number >> 8), UInt8(number & 0xFF)]
    }

    private func begin(
        _ number: Int, of userID: Int64, version: Int64 = 1, for microseconds: Int64 = 1_000_000_000,
        origin: SessionOrigin = SessionOrigin()
    ) async throws {
        let isBegun = try await store.createSession(
            key: key(number), userID: userID, credentialVersion: version,
            expiresAt: Timestamp(microseconds: clock.now.microseconds + microseconds), origin: origin)
        try #require(isBegun)
    }

    @Test func aUsersSessionsAreListedNewestFirst() async throws {
        let (ann, bob) = (try await makeUser("ann"), try await makeUser("bob"))
        #expect(try await store.sessions(userID: ann, now: clock.now).isEmpty)
        let origins = [
            SessionOrigin(userAgent: "A browser/1.0", address: "192.0.2.1"), SessionOrigin(),
            SessionOrigin(
                userAgent: String(repeating: "x", count: SessionOrigin.maximumUserAgentLength),
                address: String(repeating: "f", count: SessionOrigin.maximumAddressLength)),
        ]
        for (number, origin) in origins.enumerated() {
            clock.advance()
            try await begin(number, of: ann, origin: origin)
        }
        try await begin(3, of: bob)
        try await begin(4, of: ann, for: 10)
        let listed = try await store.sessions(userID: ann, now: clock.now)
        #expect(listed.count == 4)
        clock.advance(by: 10)
        let left = try await store.sessions(userID: ann, now: clock.now)
        #expect(left.map(\.origin) == origins.reversed(), "newest first, without what has expired")
        #expect(left.map(\.createdAt.microseconds) == [1_000_003, 1_000_002, 1_000_001])
        #expect(left.map(\.lastUsedAt) == left.map(\.createdAt))
        #expect(Set(left.map(\.id)).count == left.count)
        // What names a session is not what is stored of the client's key.
        for session in left {
            #expect(session.id.count == UserSession.idLength)
            for number in 0..<5 { #expect(!key(number).starts(with: session.id)) }
        }
        let found = try #require(try await store.session(key: key(0), now: clock.now))
        #expect(found.user.author.id == ann && found.session == left.last)
    }

    @Test func whatIsTooLongIsNotKept() async throws {
        let ann = try await makeUser("ann")
        for origin in [
            SessionOrigin(
                userAgent: String(repeating: "x", count: SessionOrigin.maximumUserAgentLength + 1)),
            SessionOrigin(address: String(repeating: "f", count: SessionOrigin.maximumAddressLength + 1)),
        ] {
            await #expect(throws: StoreError.self) { try await begin(1, of: ann, origin: origin) }
        }
        #expect(try await store.sessions(userID: ann, now: clock.now).isEmpty)
    }

    @Test func theLatestUseIsKept() async throws {
        let ann = try await makeUser("ann")
        try await begin(1, of: ann)
        try await begin(2, of: ann)
        func lastUse(_ number: Int) async throws -> Int64? {
            try await store.session(key: key(number), now: clock.now)?.session.lastUsedAt.microseconds
        }
        try await store.touchSession(key: key(1), at: Timestamp(microseconds: 5_000_000))
        #expect(try await lastUse(1) == 5_000_000)
        try await store.touchSession(key: key(1), at: Timestamp(microseconds: 4_000_000))
        #expect(try await lastUse(1) == 5_000_000)
        #expect(try await lastUse(2) == 1_000_000)
        try await store.touchSession(key: key(3), at: Timestamp(microseconds: 5_000_000))
        #expect(try await store.sessions(userID: ann, now: clock.now).count == 2)
    }

    @Test func aSessionIsEndedByItsOwnUserOnly() async throws {
        let (ann, bob) = (try await makeUser("ann"), try await makeUser("bob"))
        try await begin(1, of: ann)
        try await begin(2, of: ann)
        let id = try #require(try await store.session(key: key(1), now: clock.now)).session.id
        #expect(try await !store.deleteSession(id: id, userID: bob))
        #expect(try await !store.deleteSession(id: [], userID: ann))
        #expect(try await !store.deleteSession(id: key(1), userID: ann))
        #expect(try await store.sessionUser(key: key(1), now: clock.now) != nil)
        #expect(try await store.deleteSession(id: id, userID: ann))
        #expect(try await !store.deleteSession(id: id, userID: ann))
        #expect(try await store.sessionUser(key: key(1), now: clock.now) == nil)
        #expect(try await store.deleteSession(key: key(2)) == ann)
        #expect(try await store.deleteSession(key: key(2)) == nil)
    }

    @Test func allOfAUsersSessionsAreEnded() async throws {
        let (ann, bob) = (try await makeUser("ann"), try await makeUser("bob"))
        for number in 0..<3 { try await begin(number, of: ann) }
        try await begin(3, of: bob)
        let account = try #require(try await store.endSessions(userID: ann))
        #expect(account.credentials == Credentials(passwordHash: "hash", version: 2))
        #expect(try await store.account(id: ann) == account)
        #expect(try await store.sessions(userID: ann, now: clock.now).isEmpty)
        #expect(try await store.sessions(userID: bob, now: clock.now).count == 1)
        #expect(try await store.account(id: bob)?.credentials?.version == 1)
        try await begin(4, of: ann, version: 2)
        #expect(try await store.endSessions(userID: 99) == nil)
        // Who can't log in has none, and gets no credentials.
        let eve = try await store.createUser(username: "eve", email: "eve@example.com").author.id
        #expect(try await store.endSessions(userID: eve)?.credentials == nil)
    }

    /// So that nobody fills the table, however often they log in.
    @Test func theOldestSessionEndsWhenThereAreTooMany() async throws {
        let (ann, bob) = (try await makeUser("ann"), try await makeUser("bob"))
        try await begin(0, of: bob)
        let count = UserSession.maximumPerUser + 5
        for number in 1...count {
            // Some at the same time.
            if number % 2 == 0 { clock.advance() }
            try await begin(number, of: ann)
            let sessions = try await store.sessions(userID: ann, now: clock.now)
            #expect(sessions.count == min(number, UserSession.maximumPerUser))
            #expect(try await store.sessionUser(key: key(number), now: clock.now) != nil, "the new one")
        }
        for number in 1...count {
            let isKept = try await store.sessionUser(key: key(number), now: clock.now) != nil
            #expect(isKept == (number > 5), "\(number)")
        }
        #expect(try await store.sessionUser(key: key(0), now: clock.now) != nil)
    }
}
