import FeedStore

/// A collection as it is offered over HTTP. To offer another one is to add a case here.
enum Resource: Hashable, Sendable {
    case posts
    case userPosts(userID: Int64)
    case users

    /// The collection's path, without `/pages` or `/feed`.
    var path: String {
        switch self {
        case .posts: "/api/posts"
        case .userPosts(let userID): "/api/users/\(userID)/posts"
        case .users: "/api/users"
        }
    }

    /// The path with names in place of ids: what metrics are labelled with.
    var pattern: String {
        switch self {
        case .posts: "/api/posts"
        case .userPosts: "/api/users/{user_id}/posts"
        case .users: "/api/users"
        }
    }

    /// The JSON that opens the list of an offset page.
    var listOpening: StaticString {
        switch self {
        case .posts, .userPosts: "{\"posts\":["
        case .users: "{\"users\":["
        }
    }

    /// Whether clients choose the order; users are always read in ascending order of their ids.
    var takesOrder: Bool { self != .users }

    /// The order that an absent `order` means.
    var standardOrder: Order { self == .users ? .oldest : .newest }

    /// Whether clients choose between published posts and drafts.
    var takesStatus: Bool {
        if case .userPosts = self { true } else { false }
    }

    func collection(status: PostStatus) -> FeedCollection {
        switch self {
        case .posts: .posts
        case .userPosts(let userID): .userPosts(userID: userID, status: status)
        case .users: .users
        }
    }
}

/// The three ways of paging.
enum Paging: String, CaseIterable, Sendable {
    case offset = ""
    case pages = "/pages"
    case feed = "/feed"
}

/// A collection and a way of paging through it: what a path names.
struct CollectionTarget: Hashable, Sendable {
    var resource: Resource
    var paging: Paging

    var path: String { resource.path + paging.rawValue }
    var pattern: String { resource.pattern + paging.rawValue }

    init(resource: Resource, paging: Paging) {
        self.resource = resource
        self.paging = paging
    }

    /// Reads a path without its query; `nil` when it names no collection.
    init?(path: some StringProtocol) {
        var rest = Substring(path).utf8
        guard rest.dropPrefix("/api/") else { return nil }
        paging = rest.dropSuffix("/feed") ? .feed : rest.dropSuffix("/pages") ? .pages : .offset
        if rest.isJust("posts") {
            resource = .posts
        } else if rest.isJust("users") {
            resource = .users
        } else if rest.dropPrefix("users/"), rest.dropSuffix("/posts"),
            let userID = ResourceID(Substring(rest))
        {
            resource = .userPosts(userID: userID.value)
        } else {
            return nil
        }
    }
}

// Comparing bytes costs a tenth of splitting a path into strings.
extension Substring.UTF8View {
    fileprivate func isJust(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text.utf8)
    }

    fileprivate mutating func dropPrefix(_ prefix: StaticString) -> Bool {
        guard starts(with: prefix.utf8) else { return false }
        removeFirst(prefix.utf8CodeUnitCount)
        return true
    }

    fileprivate mutating func dropSuffix(_ suffix: StaticString) -> Bool {
        guard self.suffix(suffix.utf8CodeUnitCount).elementsEqual(suffix.utf8) else { return false }
        removeLast(suffix.utf8CodeUnitCount)
        return true
    }
}

extension StaticString {
    fileprivate var utf8: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}

/// An id as it stands in a path: digits, 1…2^53−1, no leading zero, so that each row has one address.
struct ResourceID: Hashable, Sendable {
    /// JSON integers are exact below 2^53 in every client (RFC 8259, section 6).
    static let maximum: Int64 = 1 << 53 - 1

    let value: Int64

    init?(_ text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            text.first != "0", let value = Int64(text), value <= Self.maximum
        else { return nil }
        self.value = value
    }
}
