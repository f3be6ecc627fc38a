import FeedStore
import HTTPTypes
import NIOCore

/// A user's public face as JSON.
struct AuthorDocument: Encodable {
    var id: Int64
    var username: String
    var imageFile: String?
    var imagePath: String

    init(_ author: Author) {
        id = author.id
        username = author.username
        imageFile = author.imageFile
        imagePath = FeedServer.imagePath(for: author.imageFile)
    }

    enum CodingKeys: String, CodingKey {
        case id, username
        case imageFile = "image_file"
        case imagePath = "image_path"
    }

    // Absent and null are different things to a client; the contract says null.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(username, forKey: .username)
        try container.encode(imageFile, forKey: .imageFile)
        try container.encode(imagePath, forKey: .imagePath)
    }
}

/// A user as JSON, for that user's own eyes.
struct UserDocument: Encodable {
    var user: User

    init(_ user: User) {
        self.user = user
    }

    private enum CodingKeys: String, CodingKey {
        case email
    }

    func encode(to encoder: any Encoder) throws {
        try AuthorDocument(user.author).encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(user.email, forKey: .email)
    }
}

/// A log-in as JSON (RFC 6749, section 5.1).
struct TokenDocument: Encodable {
    var accessToken: String
    /// Seconds.
    var expiresIn: Int64

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(accessToken, forKey: .accessToken)
        try container.encode("bearer", forKey: .tokenType)
        try container.encode(expiresIn, forKey: .expiresIn)
    }
}

/// A post as JSON.
struct PostDocument: Encodable {
    var post: Post

    init(_ post: Post) {
        self.post = post
    }

    enum CodingKeys: String, CodingKey {
        case id, title, content, status, author
        case userID = "user_id"
        case datePosted = "date_posted"
        case updatedAt = "updated_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(post.id, forKey: .id)
        try container.encode(post.author.id, forKey: .userID)
        try container.encode(post.title, forKey: .title)
        try container.encode(post.content, forKey: .content)
        try container.encode(post.status.rawValue, forKey: .status)
        try container.encode(post.datePosted.rfc3339, forKey: .datePosted)
        try container.encode(post.updatedAt?.rfc3339, forKey: .updatedAt)
        try container.encode(AuthorDocument(post.author), forKey: .author)
    }
}

extension Answer {
    /// A document that concerns whoever asked, and is kept nowhere.
    init(_ status: HTTPResponse.Status, _ document: some Encodable) {
        self.init(status: status, contentType: "application/json", body: JSONDocument.encode(document))
        fields[.cacheControl] = "no-store"
    }

    /// A document that caches may keep, and have to ask for again each time. What was answered to a
    /// token is for its owner's cache only (RFC 9111, section 3.5).
    init(cachedFor head: HTTPRequest, _ document: some Encodable) {
        self.init(status: .ok, contentType: "application/json", body: JSONDocument.encode(document))
        markCacheable(for: head)
        validate(against: head.headerFields[.ifNoneMatch])
    }

    /// Done, and there is nothing to tell.
    static var noContent: Answer {
        var answer = Answer(status: .noContent, contentType: "", body: ByteBuffer())
        answer.fields[.contentType] = nil
        answer.fields[.cacheControl] = "no-store"
        return answer
    }

    /// Lets caches keep the answer, and ask each time; the entity tag makes that cheap.
    mutating func markCacheable(for head: HTTPRequest) {
        fields[.cacheControl] = head.headerFields[.authorization] == nil ? "no-cache" : "private, no-cache"
    }
}
