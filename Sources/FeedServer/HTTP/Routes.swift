import FeedStore
import Hummingbird
import Logging

/// All addresses but the reading of collections: the API of accounts and single posts, pictures, pages
/// for people, and what operators ask.
struct Routes: Sendable {
    private let users: UsersAPI
    private let sessions: SessionsAPI
    private let posts: PostsAPI
    private let media: MediaResponder
    private let feedPages: FeedPages
    private let sessionPages: SessionPages
    private let accountPages: AccountPages
    private let writingPages: WritingPages
    private let referencePages: ReferencePages
    private let operations: OperationsResponder
    /// Whether operators have an address of their own.
    private let hasOperationsAddress: Bool
    let pages: PageContext
    /// How many proxies in front of this server are believed.
    private let trustedProxies: Int

    /// - Throws: when a template of the pages is broken.
    init(
        configuration: ServerConfiguration, parts: FeedServerParts, collections: CollectionResponder,
        operations: OperationsResponder, logger: Logger
    ) throws {
        let settings = configuration.accounts
        let workshop = parts.workshop
        let portraits = Portraits(
            store: parts.accounts, maker: workshop.portraits, folder: workshop.pictures, logger: logger)
        let plainAccounts = Accounts(
            store: parts.accounts, passwords: workshop.passwords,
            attempts: AttemptLimiter(
                addressRate: AttemptRate(perTenMinutes: settings.attemptsPerAddress),
                accountRate: AttemptRate(perTenMinutes: settings.attemptsPerAccount)),
            portraits: portraits)
        let accounts = AuditedAccounts(accounts: plainAccounts, log: parts.audit)
        let authorship = Authorship(store: parts.store)
        pages = PageContext(
            renderer: try PageRenderer(),
            sessions: Sessions(
                store: parts.accounts, lifetime: settings.sessionLifetime,
                isSecure: settings.usesSecureCookies, audit: parts.audit, now: { .now }))
        sessions = SessionsAPI(sessions: pages.sessions, authenticator: parts.authenticator)
        users = UsersAPI(
            store: parts.store, accounts: accounts, authenticator: parts.authenticator)
        posts = PostsAPI(authorship: authorship, authenticator: parts.authenticator)
        media = MediaResponder(folder: workshop.pictures)
        feedPages = FeedPages(
            store: parts.store, collections: collections, authorship: authorship, context: pages)
        sessionPages = SessionPages(accounts: accounts, context: pages)
        accountPages = AccountPages(
            store: parts.accounts, accounts: accounts, collections: collections, context: pages)
        writingPages = WritingPages(authorship: authorship, context: pages)
        referencePages = ReferencePages(assets: StaticAssets(), context: pages)
        self.operations = operations
        hasOperationsAddress = configuration.operationsAddress != nil
        trustedProxies = configuration.trustedProxies
    }

    func build() -> RouterResponder<FeedContext> {
        let table = RouteTable(trustedProxies: trustedProxies)
        users.addRoutes(to: table)
        sessions.addRoutes(to: table)
        posts.addRoutes(to: table)
        media.addRoutes(to: table)
        feedPages.addRoutes(to: table)
        sessionPages.addRoutes(to: table)
        accountPages.addRoutes(to: table)
        writingPages.addRoutes(to: table)
        referencePages.addRoutes(to: table)
        operations.addRoutes(to: table, isForOperators: !hasOperationsAddress)
        addCollections(to: table)
        return table.build()
    }

    /// Reading them is answered before the routes are asked; what is left is refused. Without these,
    /// `/api/posts/feed` would be a post with the id `feed`.
    private func addCollections(to table: RouteTable) {
        for paging in Paging.allCases {
            table.add("/api/users/{id}/posts\(paging.rawValue)", [:], besides: [.get, .head])
            guard paging != .offset else { continue }
            table.add("/api/posts\(paging.rawValue)", [:], besides: [.get, .head])
            table.add("/api/users\(paging.rawValue)", [:], besides: [.get, .head])
        }
    }
}
