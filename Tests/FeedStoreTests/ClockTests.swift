import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import FeedStore

/// A clock that is wrong, and the way back.
@Suite struct ClockTests {
    private static let second: Int64 = 1_000_000
    private static let today = Timestamp(microseconds: 1_800_000_000 * second)
    private static let tenYears = 10 * 365 * 24 * 3_600 * second

    /// A store whose clocks a test sets, with a user.
    private final class Clocked: Sendable {
        let folder: TemporaryFolder
        let wall = Mutex(ClockTests.today)
        let steady = Mutex(ContinuousClock.now)
        let lines = Watched<[String]>([])
        let user: Int64 = 1

        init() throws { folder = try TemporaryFolder(isInMemory: true) }

        var path: String { folder.path("feed.sqlite") }

        func open() async throws -> SQLiteStore {
            var configuration = SQLiteStore.Configuration.patient
            configuration.now = { [self] in wall.withLock(\.self) }
            configuration.steady = { [self] in steady.withLock(\.self) }
            configuration.logger = Logger(label: "test") { [lines] _ in LineLog(lines: lines) }
            let store = try SQLiteStore(path: path, configuration: configuration)
            if try await store.user(id: user) == nil {
                _ = try await store.createUser(username: "ann", email: "ann@example.com")
            }
            return store
        }

        /// Time passes, for both clocks.
        func pass(seconds: Int64) {
            wall.withLock { $0.microseconds += seconds * second }
            steady.withLock { $0 += .seconds(seconds) }
        }

        func set(_ time: Timestamp) { wall.withLock { $0 = time } }

        func publish(in store: SQLiteStore) async throws -> Post {
            try #require(
                try await store.createPost(userID: user, title: "t", content: "c", status: .published))
        }
    }

    @Test func aStepAheadWhileTheServerRunsDatesNoPost() async throws {
        let clocked = try Clocked()
        let store = try await clocked.open()
        let first = try await clocked.publish(in: store)
        // when
        clocked.pass(seconds: 5)
        clocked.set(Timestamp(microseconds: Self.today.microseconds + Self.tenYears))
        let second = try await clocked.publish(in: store)
        // then
        #expect(first.datePosted == Self.today)
        #expect(second.datePosted.microseconds == Self.today.microseconds + 5 * Self.second)
        #expect(store.status.clock == .ahead && store.status.dateLead == .zero)
        #expect(store.status.clockLead == .microseconds(Self.tenYears - 5 * Self.second))
        #expect(clocked.lines.value.count(where: { $0.contains("has gone ahead") }) == 1)
        // It is set right, and said so.
        clocked.set(Timestamp(microseconds: Self.today.microseconds + 5 * Self.second))
        #expect(store.status.clock == .ok && store.status.clockLead == .zero)
        #expect(clocked.lines.value.last?.contains("dates posts again") == true)
        try await store.close()
    }

    @Test func aClockBehindTheNewestPostIsSaid() async throws {
        let clocked = try Clocked()
        var store = try await clocked.open()
        let first = try await clocked.publish(in: store)
        clocked.set(Timestamp(microseconds: Self.today.microseconds - 59 * Self.second))
        #expect(store.status.clock == .ok && store.status.dateLead == .seconds(59))
        clocked.set(Timestamp(microseconds: Self.today.microseconds - Self.tenYears))
        #expect(store.status.clock == .behind)
        #expect(store.status.dateLead == .microseconds(Self.tenYears))
        #expect(
            try await clocked.publish(in: store).datePosted.microseconds == first.datePosted.microseconds + 1)
        #expect(clocked.lines.value.count(where: { $0.contains("behind the newest post") }) == 1)
        // At the next start as well.
        try await store.close()
        store = try await clocked.open()
        #expect(store.status.clock == .behind)
        #expect(clocked.lines.value.count(where: { $0.contains("behind the newest post") }) == 2)
        try await store.close()
    }

    @Test(arguments: [Int64.min, -1, 253_402_300_800_000_000, Int64.max])
    func aClockOutOfAllBoundsDatesNothingAndLeavesNoMark(_ microseconds: Int64) async throws {
        let clocked = try Clocked()
        clocked.set(Timestamp(microseconds: microseconds))
        let store = try await clocked.open()
        #expect(store.status.clock == .unusable)
        for status: PostStatus in [.published, .draft] {
            let error = await #expect(throws: StoreError.self) {
                try await store.createPost(userID: 1, title: "t", content: "c", status: status)
            }
            #expect(error?.code == .unavailable)
        }
        #expect(store.status.writes == .ok)
        clocked.set(Self.today)
        #expect(store.status.clock == .ok)
        #expect(try await clocked.publish(in: store).datePosted == Self.today)
        try await store.close()
    }

    // MARK: The way back

    @Test func postsOfTheFutureAreBroughtBackInTheirOrder() async throws {
        // given: a post of a clock that was right, and three posts of one that was ahead when the server started
        let clocked = try Clocked()
        var store = try await clocked.open()
        let old = try await clocked.publish(in: store)
        try await store.close()
        clocked.set(Timestamp(microseconds: Self.today.microseconds + Self.tenYears))
        store = try await clocked.open()
        var posts: [Post] = []
        for _ in 1...3 { posts.append(try await clocked.publish(in: store)) }
        let edited = try await store.updatePost(id: posts[1].id, changes: .init(title: "new"))
        #expect(try #require(edited?.updatedAt) >= posts[1].datePosted)
        let draft = try #require(
            try await store.createPost(userID: 1, title: "t", content: "c", status: .draft))
        try await store.close()
        // when
        clocked.set(Timestamp(microseconds: Self.today.microseconds + 60 * Self.second))
        let now = clocked.wall.withLock(\.self)
        #expect(try FutureDates.find(in: clocked.path, now: now).posts == 3)
        let changes = try FutureDates.bringBack(in: clocked.path, now: now)
        // then: they are dated now, in their order, behind the old one
        #expect(changes == FutureDates.Changes(posts: 3, drafts: 1, sessions: 0))
        #expect(try FutureDates.find(in: clocked.path, now: now) == (0, false))
        store = try await clocked.open()
        #expect(store.status.clock == .ok)
        let ids = [old.id] + posts.map(\.id)
        let page = PageQuery(collection: .posts, order: .oldest, start: .first, pageSize: 10)
        let found = try await store.page(page, visitor: RowCollector()).visitor.posts
        #expect(found.map(\.id) == ids)
        #expect(
            found.map(\.datePosted.microseconds)
                == [old.datePosted.microseconds] + (1...3).map { now.microseconds + $0 })
        #expect(found.allSatisfy { post in post.updatedAt.map { $0 >= post.datePosted } ?? true })
        #expect(try await store.post(id: draft.id, visibleTo: 1)?.datePosted == now)
        let later = try await clocked.publish(in: store)
        #expect(later.datePosted > found[3].datePosted)

        // A position from among the old dates would miss what is published from now on; every other one is good.
        for start in [PageStart.before(position(posts[2])), .after(position(posts[0]))] {
            for collection in [FeedCollection.posts, .userPosts(userID: 1, status: .published)] {
                let query = PageQuery(collection: collection, order: .newest, start: start, pageSize: 10)
                let error = await #expect(throws: StoreError.self) {
                    try await store.page(query, visitor: RowCollector())
                }
                #expect(error?.code == .expired)
                var rows = RowCollector()
                #expect(throws: StoreError.self) { try store.pageIfImmediate(query, visitor: &rows) }
            }
        }
        let newer = PageQuery(
            collection: .posts, order: .newest, start: .before(position(old)), pageSize: 10)
        #expect(
            try await store.page(newer, visitor: RowCollector()).visitor.posts.map(\.id)
                == [later.id] + posts.map(\.id).reversed())
        try await store.close()
    }

    /// Also where all posts of the future were deleted, or there is no later date at all.
    @Test func theLastDateIsBroughtBackWithoutItsPost() async throws {
        let clocked = try Clocked()
        clocked.set(Timestamp.range.upperBound)
        var store = try await clocked.open()
        let post = try await clocked.publish(in: store)
        #expect(post.datePosted == Timestamp.range.upperBound)
        clocked.set(Self.today)
        let error = await #expect(throws: StoreError.self) { try await clocked.publish(in: store) }
        #expect(error?.code == .unavailable && store.status.clock == .unusable)
        #expect(store.status.writes == .ok)
        #expect(try await store.deletePost(id: post.id))
        try await store.close()
        #expect(try FutureDates.bringBack(in: clocked.path, now: Self.today) == FutureDates.Changes())
        store = try await clocked.open()
        #expect(store.status.clock == .ok)
        #expect(
            try await clocked.publish(in: store).datePosted.microseconds == Self.today.microseconds + 1)
        try await store.close()
    }

    /// Cursors of these dates could not be told from later ones for long.
    @Test func datesThatAreSoonRightAreLeftAlone() async throws {
        let clocked = try Clocked()
        let store = try await clocked.open()
        let post = try await clocked.publish(in: store)
        try await store.close()
        let hourBefore = Timestamp(microseconds: Self.today.microseconds - 3_600 * Self.second)
        let error = #expect(throws: StoreError.self) {
            try FutureDates.bringBack(in: clocked.path, now: hourBefore)
        }
        #expect(error?.code == .unusable && error?.message.contains("less than a day") == true)
        let again = try await clocked.open()
        #expect(try await again.post(id: post.id, visibleTo: nil) == post)
        // Nothing is of the future for a clock that is right.
        try await again.close()
        #expect(try FutureDates.find(in: clocked.path, now: Self.today) == (0, false))
    }

    @Test func sessionsThatBeganInTheFutureAreEnded() async throws {
        let clocked = try Clocked()
        let store = try await clocked.open()
        let account = try await store.createUser(
            username: "bob", email: "bob@example.com", passwordHash: "hash")
        let version = try #require(account.credentials?.version)
        func begin(_ key: UInt8) async throws {
            let expiry = Timestamp(microseconds: Self.today.microseconds + 2 * Self.tenYears)
            let hasBegun = try await store.createSession(
                key: [key], userID: account.user.author.id, credentialVersion: version, expiresAt: expiry,
                origin: SessionOrigin())
            #expect(hasBegun)
        }
        try await begin(1)
        clocked.set(Timestamp(microseconds: Self.today.microseconds + Self.tenYears))
        try await begin(2)
        try await store.close()
        let changes = try FutureDates.bringBack(in: clocked.path, now: Self.today)
        #expect(changes == FutureDates.Changes(posts: 0, drafts: 0, sessions: 1))
        clocked.set(Self.today)
        let again = try await clocked.open()
        #expect(try await again.session(key: [1], now: Self.today) != nil)
        #expect(try await again.session(key: [2], now: Self.today) == nil)
        try await again.close()
    }

    private func position(_ post: Post) -> Position {
        Position(datePosted: post.datePosted, id: post.id)
    }
}

/// Keeps what is logged.
private struct LineLog: LogHandler {
    let lines: Watched<[String]>
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(lines: Watched<[String]>) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.update { $0.append("\(event.message)") }
    }
}
