import FeedStore

/// A post as the templates name its parts. They are text already; Mustache escapes them.
struct PostView {
    /// Beyond one of these, the feed shows a post's beginning only. The script has the same two.
    private enum Long {
        /// In UTF-16 code units, in which the script counts too.
        static let text = 600
        static let lines = 10
    }

    var position = ""
    var headingID = ""
    var postPath = ""
    var title = ""
    var content = ""
    var isLong = false
    var isDraft = false
    var datePosted = ""
    var dateText = ""
    var updatedAt: String?
    var editedDateText: String?
    var authorPath = ""
    var authorImage = ""
    var username = ""
}

extension PostView {
    /// - Parameter position: The place on the page, from 1.
    init(_ post: Post, position: Int = 1) {
        self.init(
            position: "\(position)",
            headingID: "post-\(post.id)",
            postPath: "/posts/\(post.id)",
            title: post.title,
            content: post.content,
            isLong: Self.isLong(post.content),
            isDraft: post.status == .draft,
            datePosted: post.datePosted.rfc3339,
            dateText: post.datePosted.pageDate,
            updatedAt: post.updatedAt?.rfc3339,
            editedDateText: post.updatedAt?.pageDate,
            authorPath: "/users/\(post.author.id)/posts",
            authorImage: imagePath(for: post.author.imageFile),
            username: post.author.username
        )
    }

    private static func isLong(_ content: String) -> Bool {
        if content.utf16.count > Long.text { return true }
        let newlines = content.utf8.count { $0 == UInt8(ascii: "\n") }
        return newlines + 1 > Long.lines
    }
}
