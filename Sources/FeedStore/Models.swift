/// Whether a post is visible to everyone.
public enum PostStatus: String, Sendable, CaseIterable {
    case published
    /// Visible to its author only.
    case draft
}

/// The public face of a user, as it stands beside a post.
public struct Author: Hashable, Sendable {
    public var id: Int64
    public var username: String
    /// The file name of the user's picture; `nil` stands for the default picture.
    public var imageFile: String?

    public init(id: Int64, username: String, imageFile: String?) {
        self.id = id
        self.username = username
        self.imageFile = imageFile
    }
}

/// A user with the fields that only the user may see.
public struct User: Hashable, Sendable {
    public var author: Author
    public var email: String

    public init(author: Author, email: String) {
        self.author = author
        self.email = email
    }
}

/// A post with its author.
public struct Post: Hashable, Sendable {
    public var id: Int64
    public var author: Author
    public var title: String
    public var content: String
    public var status: PostStatus
    /// When the post was published; for a draft, when it was first saved.
    public var datePosted: Timestamp
    /// `nil` until the post is edited.
    public var updatedAt: Timestamp?

    public init(
        id: Int64, author: Author, title: String, content: String, status: PostStatus,
        datePosted: Timestamp, updatedAt: Timestamp?
    ) {
        self.id = id
        self.author = author
        self.title = title
        self.content = content
        self.status = status
        self.datePosted = datePosted
        self.updatedAt = updatedAt
    }
}
