import FeedStore

/// Who may see and change which post.
///
/// A draft of somebody else is not told apart from a post that is not there, by any answer.
struct Authorship: Sendable {
    let store: any Store

    /// A post that a reader may see.
    ///
    /// - Parameter reader: a user, or `nil` for anybody.
    /// - Throws: ``Problem/Code/notFound``.
    func post(id: Int64, for reader: Int64?) async throws -> Post {
        guard let post = try await store.post(id: id, visibleTo: reader) else { throw Problem.noPost(id) }
        return post
    }

    /// A post that a user wrote.
    ///
    /// - Throws: ``Problem/Code/notFound``, or ``Problem/Code/forbidden`` when somebody else wrote it.
    func ownPost(id: Int64, of user: Int64) async throws -> Post {
        let post = try await post(id: id, for: user)
        guard post.author.id == user else {
            throw Problem(code: .forbidden, detail: "Only its author may change a post.")
        }
        return post
    }

    /// - Throws: ``Problem/Code/unauthorized`` when the author has just been deleted.
    func create(_ post: NewPost, by author: Int64) async throws -> Post {
        let created = try await store.createPost(
            userID: author, title: post.title, content: post.content, status: post.status)
        guard let created else { throw Problem.accountIsGone }
        return created
    }

    /// Changes a post, and publishes it where the edit says so.
    ///
    /// - Throws: as ``ownPost(id:of:)``; ``Problem/Code/validation`` where the edit would take a
    ///   published post back.
    func edit(_ id: Int64, _ edit: PostEdit, by author: Int64) async throws -> Post {
        // An author never changes and an id is never given twice: what is found here still holds when
        // the change is made.
        let post = try await ownPost(id: id, of: author)
        if edit.status == .draft, post.status == .published {
            throw Problem.validation([
                .init(parameter: "status", detail: "can't be draft again: the post is published")
            ])
        }
        let changes = PostChanges(
            title: edit.title, content: edit.content, publish: edit.status == .published)
        guard let changed = try await store.updatePost(id: id, changes: changes) else {
            throw Problem.noPost(id)
        }
        return changed
    }

    /// Throws as ``ownPost(id:of:)``.
    func delete(_ id: Int64, by author: Int64) async throws {
        _ = try await ownPost(id: id, of: author)
        guard try await store.deletePost(id: id) else { throw Problem.noPost(id) }
    }
}

extension Problem {
    static func noPost(_ id: Int64) -> Problem {
        .notFound("post with the id \(id)")
    }

    /// The account was there when the request began.
    static let accountIsGone = Problem(code: .unauthorized, detail: "The account has been deleted.")

    /// They were others when the request began.
    static let credentialsHaveChanged = Problem(
        code: .unauthorized,
        detail:
            """
            The account's password or e-mail address has just been changed, or all its sessions have been ended. \
            Log in again.
            """)
}
