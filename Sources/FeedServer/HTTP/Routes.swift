import CountCache
import FeedStore
import HTTPTypes
import Hummingbird
import NIOCore

/// The addresses that are no collections: single rows, pages for people, and those for operators.
struct Routes: Sendable {
    let store: any Store
    let collections: CollectionResponder
    let pages: PageRenderer
    let assets: StaticAssets
    let operations: OperationsResponder

    /// What a route is given: the request's head, its raw query and the parameters of its path.
    struct Visit {
        var head: HTTPRequest
        var query: Substring?
        var parameters: Parameters

        /// The id in the path.
        ///
        /// - Throws: ``Problem/Code/notFound`` when it is none.
        func id(of what: String) throws -> Int64 {
            guard let text = parameters.get("id"), let id = ResourceID(text) else {
                throw Problem.notFound("\(what) with this id")
            }
            return id.value
        }

        /// Refuses every parameter.
        func takesNoParameters() throws {
            var reader = ParameterReader(try QueryString(query))
            try reader.finish()
        }
    }

    func build() -> RouterResponder<FeedContext> {
        let router = Router(context: FeedContext.self)
        get(router, "/", postsPage)
        get(router, "/posts", postsPage)
        get(router, "/posts/{id}", postPage)
        get(router, "/users/{id}/posts", userPostsPage)
        get(router, "/static/{name}", asset)
        get(router, "/problems/{code}", problemPage)
        get(router, "/docs", docsPage)
        get(router, "/openapi.json", openAPI)
        get(router, "/api/posts/{id}", post)
        get(router, "/api/users/{id}", user)
        plain(router, "/healthz", operations.health)
        plain(router, "/readyz", operations.readiness)
        plain(router, "/metrics", operations.metrics)
        return router.buildResponder()
    }

    // MARK: The API

    private func post(_ visit: Visit) async throws -> Answer {
        guard AcceptField.allows("application/json", in: visit.head) else { throw Problem.notAcceptable }
        try visit.takesNoParameters()
        let id = try visit.id(of: "post")
        // A draft is not told apart from a post that is not there.
        guard let post = try await store.post(id: id), post.status == .published else {
            throw Problem.notFound("post with the id \(id)")
        }
        return document(PostDocument(post), visit)
    }

    private func user(_ visit: Visit) async throws -> Answer {
        guard AcceptField.allows("application/json", in: visit.head) else { throw Problem.notAcceptable }
        try visit.takesNoParameters()
        let id = try visit.id(of: "user")
        guard let user = try await store.user(id: id) else {
            throw Problem.notFound("user with the id \(id)")
        }
        return document(AuthorDocument(user.author), visit)
    }

    private func document(_ document: some Encodable, _ visit: Visit) -> Answer {
        var answer = Answer(
            status: .ok, contentType: "application/json", body: JSONDocument.encode(document))
        answer.fields[.cacheControl] = "no-cache"
        answer.validate(against: visit.head.headerFields[.ifNoneMatch])
        return answer
    }

    // MARK: Pages for people

    private func postsPage(_ visit: Visit) async throws -> Answer {
        try await feedPage(visit, of: .posts, path: "/posts", heading: "Posts", user: nil)
    }

    private func userPostsPage(_ visit: Visit) async throws -> Answer {
        let id = try visit.id(of: "user")
        guard let user = try await store.user(id: id) else {
            throw Problem.notFound("user with the id \(id)")
        }
        return try await feedPage(
            visit, of: .userPosts(userID: id), path: "/users/\(id)/posts",
            heading: "Posts by \(user.author.username)", user: user.author)
    }

    private func feedPage(
        _ visit: Visit, of resource: Resource, path: String, heading: String, user: Author?
    ) async throws -> Answer {
        let page = try await collections.feedPage(of: resource, query: visit.query)
        let model = FeedPageModel(
            heading: heading, user: user, path: path,
            apiPath: CollectionTarget(resource: resource, paging: .feed).path, posts: page.rows.posts,
            nextCursor: page.next, prevCursor: page.prev, isFirstPage: !page.isCursorGiven,
            pageSize: page.pageSize)
        return html(pages.feedPage(model), visit)
    }

    private func postPage(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        let id = try visit.id(of: "post")
        guard let post = try await store.post(id: id), post.status == .published else {
            throw Problem.notFound("post with the id \(id)")
        }
        return html(pages.postPage(post), visit)
    }

    private func problemPage(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        guard let code = visit.parameters.get("code").flatMap(Problem.Code.init(rawValue:)) else {
            throw Problem.notFound("problem of this name")
        }
        let page = pages.errorPage(status: code.status.code, title: code.title, detail: code.explanation)
        return html(page, visit)
    }

    private func docsPage(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return html(pages.docsPage(), visit)
    }

    private func openAPI(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return file(assets.openAPI, visit)
    }

    private func asset(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        guard let asset = visit.parameters.get("name").flatMap({ assets[$0] }) else {
            throw Problem.notFound("file of this name")
        }
        return file(asset, visit)
    }

    private func file(_ asset: StaticAssets.Asset, _ visit: Visit) -> Answer {
        var answer = Answer(status: .ok, contentType: asset.contentType, body: asset.content)
        // The names stay the same from one version to the next, so caches have to ask.
        answer.fields[.cacheControl] = "no-cache"
        answer.validate(against: visit.head.headerFields[.ifNoneMatch], tag: asset.entityTag)
        return answer
    }

    private func html(_ page: ByteBuffer, _ visit: Visit) -> Answer {
        var answer = Answer(status: .ok, contentType: "", body: page)
        answer.becomePage()
        answer.fields[.cacheControl] = "no-cache"
        answer.validate(against: visit.head.headerFields[.ifNoneMatch])
        return answer
    }

    // MARK: Registration

    /// Adds an address whose answer depends on nothing in the request.
    private func plain(
        _ router: Router<FeedContext>, _ path: RouterPath, _ answer: @escaping @Sendable () -> Answer
    ) {
        get(router, path) { visit in
            try visit.takesNoParameters()
            return answer()
        }
    }

    /// Adds an address that is only read: GET and HEAD answer, every other method is refused.
    private func get(
        _ router: Router<FeedContext>, _ path: RouterPath,
        _ handler: @escaping @Sendable (Visit) async throws -> Answer
    ) {
        for method in [HTTPRequest.Method.get, .head] {
            router.on(path, method: method) { request, context in
                let visit = Visit(
                    head: request.head, query: request.uri.query.map { $0[...] },
                    parameters: context.parameters)
                return try await handler(visit).response
            }
        }
        for method in [HTTPRequest.Method.post, .put, .patch, .delete, .options, .trace, .connect] {
            router.on(path, method: method) { _, _ -> Response in
                throw Problem.methodNotAllowed([.get, .head])
            }
        }
    }
}
