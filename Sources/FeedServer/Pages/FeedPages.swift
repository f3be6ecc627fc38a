import FeedStore
import HTTPTypes

/// The pages that everybody may read: posts, a user's posts, one post.
struct FeedPages: Sendable {
    let store: any Store
    let collections: CollectionResponder
    let authorship: Authorship
    let context: PageContext

    func addRoutes(to table: RouteTable) {
        table.addPage("/", [.get: posts])
        table.addPage("/posts", [.get: posts])
        table.addPage("/posts/{id}", [.get: post])
        table.addPage("/users/{id}/posts", [.get: userPosts])
    }

    private func posts(_ visit: Visit) async throws -> Answer {
        try await feed(visit, of: .posts, path: "/posts", heading: "Posts", user: nil)
    }

    private func userPosts(_ visit: Visit) async throws -> Answer {
        let id = try visit.id(of: "user")
        guard let user = try await store.user(id: id) else {
            throw Problem.notFound("user with the id \(id)")
        }
        return try await feed(
            visit, of: .userPosts(userID: id), path: "/users/\(id)/posts",
            heading: "Posts by \(user.author.username)", user: user.author)
    }

    private func feed(
        _ visit: Visit, of resource: Resource, path: String, heading: String, user: Author?
    ) async throws -> Answer {
        let page = try await collections.feedPage(of: resource, query: visit.query)
        let model = FeedPageModel(
            heading: heading, user: user, path: path,
            apiPath: CollectionTarget(resource: resource, paging: .feed).path, posts: page.rows.posts,
            nextCursor: page.next, prevCursor: page.prev, isFirstPage: !page.isCursorGiven,
            pageSize: page.pageSize)
        let viewer = try await context.viewer(visit)
        return context.html(
            context.renderer.feedPage(model, viewer: viewer?.author), visit, viewer: viewer)
    }

    private func post(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        let viewer = try await context.viewer(visit)
        let post = try await authorship.post(id: try visit.id(of: "post"), for: viewer?.author.id)
        return context.html(
            context.renderer.postPage(post, viewer: viewer?.author), visit, viewer: viewer)
    }
}
