import FeedStore

/// A small feed, the same each time. A page by cursor costs the same in a large one.
enum SamplePosts {
    /// Fewer bytes than any post has as JSON: its two texts.
    static let leastBytes = 200

    private static let count: Int64 = 100
    private static let userCount: Int64 = 5

    /// When a post was published.
    static func date(of id: Int64) -> Timestamp {
        Timestamp(microseconds: 1_750_000_000_000_000 + id * 60_000_000)
    }

    /// Makes a database, and opens it.
    ///
    /// - Parameter size: at most half of all posts.
    /// - Returns: a store to be closed, and a page in the middle of its feed, by cursor.
    static func middlePage(of size: Int, folder: String) async throws -> (SQLiteStore, PageQuery) {
        let path = folder + "/feed.sqlite"
        try write(to: path)
        let id = count / 2 + 1
        let query = PageQuery(
            collection: .posts, order: .newest, start: .after(Position(datePosted: date(of: id), id: id)),
            pageSize: size)
        return (try SQLiteStore(path: path), query)
    }

    private static func write(to path: String) throws {
        let loader = try BulkLoader(replacing: path)
        try loader.add(users: (1...userCount).map(user))
        try loader.addPosts { add in
            for id in 1...count {
                var title = "Post \(id): what a page of a feed costs"
                // With what has to be escaped in JSON, and more than ASCII, as people's texts have it.
                var content = """
                    Keyset pagination walks an index from where the last page ended. “Offset” has to count \
                    what it skips,
                    so that page \(id) of "everything" costs more than page 1 does – and each \
                    page that is read while others write may repeat a row, or leave one out.
                    """
                try title.withUTF8 { title in
                    try content.withUTF8 { content in
                        try add(
                            BulkPostColumns(
                                id: id, userID: id % userCount + 1, status: .published,
                                datePosted: date(of: id),
                                updatedAt: nil, title: title, content: content))
                    }
                }
            }
        }
        try loader.finish()
    }

    private static func user(_ id: Int64) -> User {
        // Most people have a picture.
        let image = id == 1 ? nil : "portrait-\(id).jpg"
        return User(
            author: Author(id: id, username: "reader\(id)", imageFile: image),
            email: "reader\(id)@example.com")
    }
}
