/// Who is logged in with a browser, as the account's owner is shown it: nothing here lets anybody in.
public struct UserSession: Hashable, Identifiable, Sendable {
    /// Sessions that one account has at the most; with one more, the oldest ends.
    public static let maximumPerUser = 100

    /// Bytes of an id.
    public static let idLength = 16

    /// Random bytes that name the session. They are neither what the client holds nor the digest of it.
    public var id: [UInt8]
    /// When it began. For a session that is older than this field: when the file was brought up to date.
    public var createdAt: Timestamp
    /// When it was last used, to an hour or so.
    public var lastUsedAt: Timestamp
    public var expiresAt: Timestamp
    public var origin: SessionOrigin

    public init(
        id: [UInt8], createdAt: Timestamp, lastUsedAt: Timestamp, expiresAt: Timestamp, origin: SessionOrigin
    ) {
        self.id = id
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.expiresAt = expiresAt
        self.origin = origin
    }
}

/// Where a session was begun.
public struct SessionOrigin: Hashable, Sendable {
    /// In bytes, all of them ASCII.
    public static let maximumUserAgentLength = 200
    /// In bytes: of the longest IPv6 address.
    public static let maximumAddressLength = 45

    /// How the browser calls itself, in printable ASCII; `nil` where it does not.
    public var userAgent: String?
    /// The client's IP address; `nil` where it is not known.
    public var address: String?

    public init(userAgent: String? = nil, address: String? = nil) {
        self.userAgent = userAgent
        self.address = address
    }
}
