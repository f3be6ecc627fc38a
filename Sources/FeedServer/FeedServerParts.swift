public import CountCache
public import FeedStore

/// The parts that a server is built from, opened by ``open(_:logger:)``.
public struct FeedServerParts: Sendable {
    public var store: any Store
    public var accounts: any AccountStore
    public var counts: CountCache
    public var metrics: PrometheusRegistry
    /// Authenticates cursors.
    public var cursors: PageCursorCodec
    /// Issues and reads the API's tokens.
    let tokens: AccessTokens
    /// Where passwords are hashed and pictures made.
    var workshop: Workshop
    /// Where log-ins and changes of accounts are recorded.
    var audit = AuditLog.off

    var authenticator: BearerAuthenticator {
        BearerAuthenticator(tokens: tokens, store: accounts)
    }
}
