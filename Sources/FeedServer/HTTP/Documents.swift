import FeedStore

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
