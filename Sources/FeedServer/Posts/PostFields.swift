import FeedStore

/// A post as its author sends it first.
struct NewPost: Sendable {
    var title: String
    var content: String
    var status: PostStatus

    init(_ fields: inout FieldReader) {
        title = fields.text(.title)
        content = fields.text(.content)
        status = fields.choice("status", of: PostStatus.self) ?? .published
    }
}

/// What an author changes of a post; `nil` leaves a field as it is.
struct PostEdit: Sendable {
    var title: String?
    var content: String?
    var status: PostStatus?

    /// Reads some of the fields.
    init(partial fields: inout FieldReader) {
        title = fields.optionalText(.title)
        content = fields.optionalText(.content)
        status = fields.choice("status", of: PostStatus.self)
    }

    /// Reads a whole post.
    init(whole fields: inout FieldReader) {
        title = fields.text(.title)
        content = fields.text(.content)
        status = fields.choice("status", of: PostStatus.self)
    }
}
