/// Text that belongs to a store's row buffer.
struct BorrowedText {
    let bytes: UnsafeBufferPointer<UInt8>
}

/// A post with its author, borrowed from the store while it is read: integers, and text as spans of
/// the store's own bytes (UTF-8). Valid only inside ``RowVisitor/visit(_:)-(PostRow)``.
public struct PostRow: ~Copyable {
    public let id: Int64
    public let userID: Int64
    public let status: PostStatus
    public let datePosted: Timestamp
    public let updatedAt: Timestamp?
    let titleText: BorrowedText
    let contentText: BorrowedText
    let usernameText: BorrowedText
    let imageFileText: BorrowedText?

    public var title: Span<UInt8> {
        @_lifetime(borrow self) get {
            _overrideLifetime(Span(_unsafeElements: titleText.bytes), borrowing: self)
        }
    }

    public var content: Span<UInt8> {
        @_lifetime(borrow self) get {
            _overrideLifetime(Span(_unsafeElements: contentText.bytes), borrowing: self)
        }
    }

    public var username: Span<UInt8> {
        @_lifetime(borrow self) get {
            _overrideLifetime(Span(_unsafeElements: usernameText.bytes), borrowing: self)
        }
    }

    /// `nil` when the author has no picture.
    public var imageFile: Span<UInt8>? {
        @_lifetime(borrow self) get {
            guard let imageFileText else { return nil }
            return _overrideLifetime(Span(_unsafeElements: imageFileText.bytes), borrowing: self)
        }
    }

    /// Bytes of all texts.
    var textBytes: Int {
        titleText.bytes.count + contentText.bytes.count + usernameText.bytes.count
            + (imageFileText?.bytes.count ?? 0)
    }

    /// A copy that outlives the visit.
    public func makePost() -> Post {
        Post(
            id: id,
            author: Author(
                id: userID, username: String(decoding: usernameText.bytes, as: UTF8.self),
                imageFile: imageFileText.map { String(decoding: $0.bytes, as: UTF8.self) }),
            title: String(decoding: titleText.bytes, as: UTF8.self),
            content: String(decoding: contentText.bytes, as: UTF8.self),
            status: status, datePosted: datePosted, updatedAt: updatedAt)
    }
}

/// A user, borrowed from the store while it is read. Valid only inside
/// ``RowVisitor/visit(_:)-(UserRow)``.
public struct UserRow: ~Copyable {
    public let id: Int64
    let usernameText: BorrowedText
    let imageFileText: BorrowedText?

    public var username: Span<UInt8> {
        @_lifetime(borrow self) get {
            _overrideLifetime(Span(_unsafeElements: usernameText.bytes), borrowing: self)
        }
    }

    /// `nil` when the user has no picture.
    public var imageFile: Span<UInt8>? {
        @_lifetime(borrow self) get {
            guard let imageFileText else { return nil }
            return _overrideLifetime(Span(_unsafeElements: imageFileText.bytes), borrowing: self)
        }
    }

    /// Bytes of all texts.
    var textBytes: Int { usernameText.bytes.count + (imageFileText?.bytes.count ?? 0) }

    /// A copy that outlives the visit.
    public func makeAuthor() -> Author {
        Author(
            id: id, username: String(decoding: usernameText.bytes, as: UTF8.self),
            imageFile: imageFileText.map { String(decoding: $0.bytes, as: UTF8.self) })
    }
}

/// Is shown the rows of a page, one after the other, in the direction of travel.
public protocol RowVisitor {
    mutating func visit(_ row: borrowing PostRow)
    mutating func visit(_ row: borrowing UserRow)

    /// Puts the rows into the opposite order. Called behind the last row of a page that was read
    /// backward, so that it ends up in the order of display as every other page does.
    mutating func reverse()
}

/// Keeps a copy of every row: for places where a page's cost does not matter.
public struct RowCollector: RowVisitor, Sendable {
    public private(set) var posts: [Post] = []
    public private(set) var users: [Author] = []

    public init() {}

    public mutating func visit(_ row: borrowing PostRow) { posts.append(row.makePost()) }
    public mutating func visit(_ row: borrowing UserRow) { users.append(row.makeAuthor()) }

    public mutating func reverse() {
        posts.reverse()
        users.reverse()
    }
}
