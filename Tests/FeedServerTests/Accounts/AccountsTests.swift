import Crypto
import FeedStore
import Foundation
import HTTPTypes
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FeedServer

/// What stands between the routes and the store, where a request alone can't show it.
struct AccountsTests {
    /// Passwords as they came to be derived.
    private final class Derived: Sendable {
        /// A password that the hasher fails with, as where it is busy.
        static let refused = "refused horse"

        let passwords = Mutex<[[UInt8]]>([])

        func derive(_ password: [UInt8]) throws -> SymmetricKey {
            if password.elementsEqual(Self.refused.utf8) { throw PasswordHasher.Failure.busy }
            passwords.withLock { $0.append(password) }
            return SymmetricKey(data: SHA256.hash(data: password))
        }
    }

    private struct Fixture {
        let folder: TemporaryFolder
        let store: SQLiteStore
        let accounts: Accounts
        let derived = Derived()

        init(attempts: Int = 1_000, attemptsPerAddress: Int = 1_000_000) throws {
            folder = try TemporaryFolder(isInMemory: true)
            let store = try SQLiteStore(path: folder.path("feed.sqlite"))
            self.store = store
            let pictures = try PictureFolder(path: folder.path("pictures")) {
                try await store.isImageFileUsed($0.description)
            }
            accounts = Accounts(
                store: store,
                passwords: PasswordHasher(threads: 1) { [derived] password, _, _ in
                    try derived.derive(password)
                },
                attempts: AttemptLimiter(
                    addressRate: AttemptRate(perTenMinutes: attemptsPerAddress),
                    accountRate: AttemptRate(perTenMinutes: attempts)),
                portraits: Portraits(
                    store: store, maker: PortraitMaker(making: { $0 }), folder: pictures,
                    logger: Logger(label: "test")))
        }

        func register(_ name: String, password: String = "correct horse") async throws -> Account {
            var fields = try FieldReader(
                json: .init(
                    string: """
                        {"username":"\(name)","email":"\(name)@example.com","password":"\(password)"}
                        """))
            return try await accounts.register(Registration(&fields), from: .unknown)
        }

        func close() async throws {
            try await accounts.passwords.close()
            try await accounts.portraits.maker.close()
            try await accounts.portraits.folder.close()
            try await store.close()
        }
    }

    private func code(_ body: () async throws -> Void) async throws -> Problem.Code? {
        try await problem(body)?.code
    }

    private func problem(_ body: () async throws -> Void) async throws -> Problem? {
        do {
            try await body()
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    /// Unicode's normal form of such a text takes the square of its length.
    @Test func aPasswordThatIsTooLongIsWrongAndNeverPrepared() async throws {
        let fixture = try Fixture()
        _ = try await fixture.register("ann")
        let long = "a" + String(repeating: "\u{316}\u{300}", count: TextRule.password.length.upperBound)

        let refused = try await code {
            _ = try await fixture.accounts.logIn("ann@example.com", long)
        }

        #expect(refused == .unauthorized)
        let derived = fixture.derived.passwords.withLock { $0 }
        // As much work as for any other wrong password, on nothing.
        #expect(derived.count == 2)
        #expect(derived.last == [])
        try await fixture.close()
    }

    /// A request that began before the password was changed ends behind it.
    @Test func credentialsThatHaveChangedMeanwhileChangeNothing() async throws {
        let fixture = try Fixture()
        let stale = try await fixture.register("ann")
        let change = AccountChange(password: "another horse", currentPassword: "correct horse")
        _ = try await fixture.accounts.change(stale, change, from: .unknown)

        let theft = AccountChange(
            email: "thief@example.com", password: "the thief's own", currentPassword: "correct horse")
        let refused = try await problem {
            _ = try await fixture.accounts.change(stale, theft, from: .unknown)
        }

        #expect(refused == .credentialsHaveChanged)
        let account = try await fixture.accounts.logIn("ann@example.com", "another horse")
        #expect(account.user.email == "ann@example.com")
        try await fixture.close()
    }

    /// As where the deletion waits for the hasher, while the owner changes the password.
    @Test func credentialsThatHaveChangedMeanwhileDeleteNothing() async throws {
        let fixture = try Fixture()
        let stale = try await fixture.register("ann")
        let change = AccountChange(password: "another horse", currentPassword: "correct horse")
        let account = try await fixture.accounts.change(stale, change, from: .unknown)

        func delete(_ account: Account, _ password: String) async throws {
            try await fixture.accounts.delete(account, currentPassword: password, from: .unknown)
        }
        let refused = try await problem { try await delete(stale, "correct horse") }

        #expect(refused == .credentialsHaveChanged)
        #expect(try await fixture.store.account(id: stale.user.author.id) == account)
        try await delete(account, "another horse")
        let gone = try await problem { try await delete(account, "another horse") }
        #expect(gone == .accountIsGone)
        try await fixture.close()
    }

    /// Whoever is logged out everywhere while his picture comes.
    @Test func credentialsThatHaveChangedMeanwhileSetNoPicture() async throws {
        let fixture = try Fixture()
        let stale = try await fixture.register("ann")
        let portraits = fixture.accounts.portraits
        _ = try await portraits.set([1], of: stale, from: .unknown)
        let before = try await fixture.store.user(id: stale.user.author.id)
        _ = try await fixture.store.endSessions(userID: stale.user.author.id)

        let refused = [
            try await problem { _ = try await portraits.set([2], of: stale, from: .unknown) },
            try await problem { _ = try await portraits.remove(of: stale) },
        ]

        #expect(refused == [.credentialsHaveChanged, .credentialsHaveChanged])
        #expect(before?.author.imageFile != nil)
        #expect(try await fixture.store.user(id: stale.user.author.id) == before)
        let files = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path("pictures"))
        #expect(files.filter { !$0.hasPrefix(".") } == [before?.author.imageFile])
        try await fixture.close()
    }

    @Test func nobodyIsLockedOutByAnID() async throws {
        let limit = 3
        let fixture = try Fixture(attempts: limit)
        let id = try await fixture.register("ann").user.author.id

        for name in ["\(id)", "user \(id)", "id \(id)"] {
            for _ in 0...limit {
                _ = try await code {
                    _ = try await fixture.accounts.logIn(name, "a guess")
                }
            }
        }

        _ = try await fixture.accounts.logIn("ann@example.com", "correct horse")
        try await fixture.close()
    }

    /// What the hasher has no time for tells nothing.
    @Test func whatIsNotTriedAfterAllIsNotCounted() async throws {
        let limit = 4
        let fixture = try Fixture(attemptsPerAddress: limit)
        let account = try await fixture.register("ann")

        for number in 0...limit {
            let registered = try await code {
                _ = try await fixture.register("bob\(number)", password: Derived.refused)
            }
            #expect(registered == .unavailable)
            let change = AccountChange(
                username: "anna\(number)", password: Derived.refused, currentPassword: "correct horse")
            let changed = try await code {
                _ = try await fixture.accounts.change(account, change, from: .unknown)
            }
            #expect(changed == .unavailable)
        }
        try await fixture.close()
    }

    // MARK: Uploads

    @Test func aUserUploadsOnePictureAtATime() async throws {
        let places = UploadPlaces()
        try await places.withPlace(for: 1, from: .unknown) {
            #expect(try await code { try await places.withPlace(for: 1, from: .unknown) {} } == .rateLimited)
            try await places.withPlace(for: 2, from: .unknown) {}
        }
        // Also behind one that failed.
        _ = try await code {
            try await places.withPlace(for: 1, from: .unknown) {
                throw Problem(code: .validation, detail: "")
            }
        }
        try await places.withPlace(for: 1, from: .unknown) {}
    }

    /// Whoever has many accounts keeps nobody out.
    @Test func oneAddressUploadsAFewAtATime() async throws {
        let places = UploadPlaces()
        func fill(_ user: Int) async throws {
            guard user <= UploadPlaces.maximumForClient else {
                // The network of all of them.
                let neighbour = try #require(ClientAddress("2001:db8::ffff"))
                let refused = try await problem {
                    try await places.withPlace(for: Int64(user), from: neighbour) {}
                }
                #expect(refused?.code == .rateLimited)
                #expect(refused?.answer.fields[.retryAfter] == "1")
                let other = try #require(ClientAddress("2001:db8:0:1::1"))
                try await places.withPlace(for: Int64(user), from: other) {}
                return
            }
            let client = try #require(ClientAddress("2001:db8::\(user)"))
            try await places.withPlace(for: Int64(user), from: client) { try await fill(user + 1) }
        }
        try await fill(1)
        // All are free again.
        try await fill(1)
    }

    // MARK: Servers

    /// Each would remove the pictures of the other's users.
    @Test func twoServersCanNotShareAFolderOfPictures() async throws {
        let folder = try TemporaryFolder()
        let media = folder.path("media")
        try await TestServer.run(settings: [.media: media], database: folder.path("a.sqlite")) { _ in
            let refused = await #expect(throws: ConfigurationError.self) {
                let other = folder.path("b.sqlite")
                let _: Void = try await TestServer.run(settings: [.media: media], database: other) { _ in }
            }
            #expect(refused?.description.contains("another server") == true)
        }
        try await TestServer.run(settings: [.media: media], database: folder.path("b.sqlite")) { _ in }
    }

    @Test func anAddressHasOneSpelling() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(database: folder.path("feed.sqlite")) { server in
            for path in ["/login/", "//login", "/healthz/", "/api//users/me", "/static/feed.css/", "//"] {
                let reply = try await server.get(path)
                #expect(reply.status == 404, "\(path)")
            }
            #expect(try await server.get("/").status == 200)
        }
    }
}

extension Accounts {
    fileprivate func logIn(_ email: String, _ password: String) async throws -> Account {
        func escaped(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        }
        let body = ByteBuffer(string: "email=\(escaped(email))&password=\(escaped(password))")
        var fields = try FieldReader(form: body)
        return try await logIn(LogIn(page: &fields), from: .unknown)
    }
}
