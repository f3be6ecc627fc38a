/// The statements that read no collection.
enum PointSQL: CaseIterable {
    case begin
    case commit
    /// A post by its id (1), whoever wrote it: for the writer, which has been asked by its author.
    case post
    /// A post by its id (1) that a user (2) may see.
    case visiblePost
    /// A user by its id (1).
    case user

    /// A user's id that nobody has: ids begin with 1.
    static let nobody: Int64 = 0

    var text: String {
        switch self {
        case .begin: "BEGIN DEFERRED"
        case .commit: "COMMIT"
        case .post: Self.posts
        // `k` is read from the index alone: of a draft of somebody else, not one page of the table is read.
        case .visiblePost: "\(Self.posts) AND (k.status = 'published' OR k.user_id = ?2)"
        case .user: "SELECT u.id, u.username, u.image_file, u.email FROM users AS u WHERE u.id = ?1"
        }
    }

    private static let posts = """
        SELECT p.id, p.user_id, p.date_posted, p.updated_at, p.title, p.content, u.username, \
        u.image_file, p.status = 'published' \
        FROM posts AS k INDEXED BY \(Schema.Index.id) \
        CROSS JOIN posts AS p ON (p.status, p.date_posted, p.id) = (k.status, k.date_posted, k.id) \
        CROSS JOIN users AS u ON u.id = p.user_id \
        WHERE k.id = ?1
        """
}
