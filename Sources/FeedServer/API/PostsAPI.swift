import FeedStore
import HTTPTypes

/// Single posts over HTTP: create, read, replace, change, delete.
struct PostsAPI: Sendable {
    let authorship: Authorship
    let authenticator: BearerAuthenticator

    func addRoutes(to table: RouteTable) {
        table.add("/api/posts", [.post: create], besides: [.get, .head])
        table.add("/api/posts/{id}", [.get: post, .put: replace, .patch: change, .delete: delete])
    }

    private func create(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        let author = try await author(visit)
        let draft = try await visit.json { NewPost(&$0) }
        let post = try await authorship.create(draft, by: author)
        var answer = Answer(.created, PostDocument(post))
        answer.fields[.location] = "/api/posts/\(post.id)"
        return answer
    }

    private func post(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        let reader = try await authenticator.accountIfAny(visit.head)?.user.author.id
        try visit.takesNoParameters()
        let post = try await authorship.post(id: try visit.id(of: "post"), for: reader)
        return Answer(cachedFor: visit.head, PostDocument(post))
    }

    private func replace(_ visit: Visit) async throws -> Answer {
        try await edit(visit) { PostEdit(whole: &$0) }
    }

    private func change(_ visit: Visit) async throws -> Answer {
        try await edit(visit) { PostEdit(partial: &$0) }
    }

    private func edit(
        _ visit: Visit, _ read: (inout FieldReader) -> PostEdit
    ) async throws -> Answer {
        try visit.answersJSON()
        let (author, id) = try await ownPost(visit)
        let edit = try await visit.json(read)
        return Answer(.ok, PostDocument(try await authorship.edit(id, edit, by: author)))
    }

    private func delete(_ visit: Visit) async throws -> Answer {
        let (author, id) = try await ownPost(visit)
        try await authorship.delete(id, by: author)
        return .noContent
    }

    // MARK: Parts

    private func author(_ visit: Visit) async throws -> Int64 {
        let account = try await authenticator.account(visit.head)
        try visit.takesNoParameters()
        return account.user.author.id
    }

    /// Finds out that a post is not one's own before its body is looked at.
    private func ownPost(_ visit: Visit) async throws -> (author: Int64, id: Int64) {
        let author = try await author(visit)
        let id = try visit.id(of: "post")
        _ = try await authorship.ownPost(id: id, of: author)
        return (author, id)
    }
}
