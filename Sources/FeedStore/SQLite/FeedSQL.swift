/// Every statement that reads a collection, made by one function out of its three parts.
///
/// There is none for going backward: that is reading ``Kind/pageAfter`` in the reversed order.
struct FeedSQL: Hashable {
    enum Kind: Int, CaseIterable {
        /// Rows from the start of the order.
        case firstPage
        /// Rows behind a position.
        case pageAfter
        /// The one key behind a number of keys.
        case keyAtOffset
        /// The number of rows.
        case count
        /// The number of rows, but no more than are asked for.
        case countUpTo
    }

    enum Shape: Int, CaseIterable {
        case posts, userPosts, users
    }

    var kind: Kind
    var shape: Shape
    var order: Order

    /// Numbers of the statements' parameters. They are numbered, because SQLite plans a row value of
    /// anonymous ones badly.
    enum Parameter {
        static let datePosted: Int32 = 1
        static let id: Int32 = 2
        /// Of rows, or with ``Kind/keyAtOffset`` the number of keys to skip.
        static let limit: Int32 = 3
        static let userID: Int32 = 4
        static let status: Int32 = 5
    }

    static let all: [FeedSQL] = Kind.allCases.flatMap { kind in
        Shape.allCases.flatMap { shape in
            Order.allCases.map { FeedSQL(kind: kind, shape: shape, order: $0) }
        }
    }

    /// A number below `all.count`, different for each statement.
    var index: Int {
        (kind.rawValue * Shape.allCases.count + shape.rawValue) * Order.allCases.count
            + (order == .newest ? 0 : 1)
    }

    var text: String {
        switch shape {
        case .posts, .userPosts: postsText
        case .users: usersText
        }
    }

    /// `published` is a literal: a partial index is used only where the query repeats its condition.
    private var postsText: String {
        let filter =
            shape == .posts
            ? "p.status = 'published'"
            : "p.user_id = ?\(Parameter.userID) AND p.status = ?\(Parameter.status)"
        let keyIndex = shape == .posts ? Schema.Index.published : Schema.Index.user
        // The feed itself reads the cluster; one user's feed finds its rows through the user's index.
        let pageIndex = shape == .posts ? "" : " INDEXED BY \(Schema.Index.user)"
        let position = "(?\(Parameter.datePosted), ?\(Parameter.id))"
        let key = "(p.date_posted, p.id)"
        let beyond = order == .newest ? "<" : ">"
        let page = """
            SELECT p.id, p.user_id, p.date_posted, p.updated_at, p.title, p.content, \
            u.username, u.image_file \
            FROM posts AS p\(pageIndex) CROSS JOIN users AS u ON u.id = p.user_id
            """
        return switch kind {
        case .firstPage:
            "\(page) WHERE \(filter) ORDER BY \(orderBy(order)) LIMIT ?\(Parameter.limit)"
        case .pageAfter:
            """
            \(page) WHERE \(filter) AND \(key) \(beyond) \(position) \
            ORDER BY \(orderBy(order)) LIMIT ?\(Parameter.limit)
            """
        case .keyAtOffset:
            """
            SELECT p.date_posted, p.id FROM posts AS p INDEXED BY \(keyIndex) \
            WHERE \(filter) ORDER BY \(orderBy(order)) LIMIT 1 OFFSET ?\(Parameter.limit)
            """
        case .count:
            "SELECT count(*) FROM posts AS p INDEXED BY \(keyIndex) WHERE \(filter)"
        case .countUpTo:
            """
            SELECT count(*) FROM (SELECT 1 FROM posts AS p INDEXED BY \(keyIndex) \
            WHERE \(filter) LIMIT ?\(Parameter.limit))
            """
        }
    }

    private var usersText: String {
        let beyond = order == .newest ? "<" : ">"
        let direction = order == .newest ? "DESC" : "ASC"
        return switch kind {
        case .firstPage:
            """
            SELECT u.id, u.username, u.image_file FROM users AS u \
            ORDER BY u.id \(direction) LIMIT ?\(Parameter.limit)
            """
        case .pageAfter:
            """
            SELECT u.id, u.username, u.image_file FROM users AS u \
            WHERE u.id \(beyond) ?\(Parameter.id) ORDER BY u.id \(direction) LIMIT ?\(Parameter.limit)
            """
        case .keyAtOffset:
            "SELECT 0, u.id FROM users AS u ORDER BY u.id \(direction) LIMIT 1 OFFSET ?\(Parameter.limit)"
        case .count:
            "SELECT count(*) FROM users AS u"
        case .countUpTo:
            "SELECT count(*) FROM (SELECT 1 FROM users AS u LIMIT ?\(Parameter.limit))"
        }
    }

    private func orderBy(_ order: Order) -> String {
        order == .newest ? "p.date_posted DESC, p.id DESC" : "p.date_posted ASC, p.id ASC"
    }
}

extension Order {
    var reversed: Order { self == .newest ? .oldest : .newest }
}

extension FeedCollection {
    var shape: FeedSQL.Shape {
        switch self {
        case .posts: .posts
        case .userPosts: .userPosts
        case .users: .users
        }
    }
}
