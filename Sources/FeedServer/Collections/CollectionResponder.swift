import CountCache
import FeedStore
import HTTPTypes
import NIOCore

/// Answers every collection, in all three ways of paging: decode, read, encode, count, answer.
struct CollectionResponder: Sendable {
    let store: any Store
    let counts: CountCache
    let decoder: PagingDecoder
    let authenticator: BearerAuthenticator

    /// Answers a request without waiting for anything, on the calling thread, in microseconds.
    ///
    /// - Returns: `nil` where that can't be: ``respond(to:head:)`` then answers the same request.
    /// - Throws: ``Problem`` where the request is wrong.
    func respondIfImmediate(
        to target: CollectionTarget, head: HTTPRequest, query: Substring?
    ) throws -> Answer? {
        // Whose a token is takes a question to the store.
        guard target.paging == .feed,
            !target.resource.belongsToUser || head.headerFields[.authorization] == nil
        else { return nil }
        let request = try decoder.decode(target, query: query)
        var encoder = RowEncoder(opening: "{\"items\":[")
        guard let edges = try store.pageIfImmediate(request.query, visitor: &encoder),
            edges.count > 0 || !target.resource.belongsToUser
        else { return nil }
        return answer(
            request, head: head, body: encoder.finish(), edges: edges, total: knownTotal(of: request))
    }

    /// Answers a request.
    ///
    /// - Throws: ``Problem`` where the request is wrong, `StoreError` where the store fails.
    func respond(to target: CollectionTarget, head: HTTPRequest, query: Substring?) async throws -> Answer {
        let reader =
            target.resource.belongsToUser
            ? try await authenticator.accountIfAny(head)?.user.author.id : nil
        let request = try decoder.decode(target, query: query, for: reader)
        let opening =
            target.paging == .offset ? target.resource.listOpening : ("{\"items\":[" as StaticString)
        let (encoder, edges) = try await store.page(request.query, visitor: RowEncoder(opening: opening))
        if edges.count == 0, case .userPosts(let userID) = target.resource,
            try await store.user(id: userID) == nil
        {
            throw Problem.notFound("user with the id \(userID)")
        }
        let total = target.paging == .feed ? knownTotal(of: request) : try await total(of: request)
        return answer(request, head: head, body: encoder.finish(), edges: edges, total: total)
    }

    /// The rows of a feed page as models, with the cursors around them: for pages for people.
    ///
    /// - Parameter reader: the user who asks, `nil` for anybody.
    func feedPage(
        of resource: Resource, query: Substring?, for reader: Int64? = nil
    ) async throws -> (
        rows: RowCollector, next: String?, prev: String?, isCursorGiven: Bool, pageSize: Int
    ) {
        let request = try decoder.decode(
            CollectionTarget(resource: resource, paging: .feed), query: query, for: reader)
        let (rows, edges) = try await store.page(request.query, visitor: RowCollector())
        let (next, prev) = cursors(request, edges)
        return (rows, next, prev, request.query.start != .first, request.query.pageSize)
    }

    // MARK: Parts

    /// The total of a feed page, if it is asked for and known: a feed page never waits for a count.
    private func knownTotal(of request: PagingRequest) -> Count? {
        guard request.envelope == .feed(wantsTotal: true) else { return nil }
        let collection = request.query.collection
        return counts.current(for: CountKey(collection, of: store.identity)) { [store] limit in
            try await store.count(collection, limit: limit)
        }
    }

    /// The total that the other envelopes can't do without.
    private func total(of request: PagingRequest) async throws -> Count {
        let collection = request.query.collection
        let count = try await counts.count(for: CountKey(collection, of: store.identity)) { [store] limit in
            try await store.count(collection, limit: limit)
        }
        guard let count else { throw Problem.totalNotCounted(resource: request.resource) }
        return count
    }

    /// Closes the envelope around the rows of a page.
    ///
    /// - Parameter remembered: the total as the cache knows it, `nil` where the envelope has none. What is answered
    ///   agrees with the page.
    func answer(
        _ request: PagingRequest, head: HTTPRequest, body rows: ByteBuffer, edges: PageEdges,
        total remembered: Count?
    ) -> Answer {
        let total = remembered.map(PageTotal(start: request.query.start, edges: edges).agreeing)
        var body = rows
        let links: PageLinks
        switch request.envelope {
        case .offset(let skip):
            let total = total?.value ?? 0
            body.writeString(
                "],\"total\":\(total),\"skip\":\(skip),\"limit\":\(request.query.pageSize),\"has_more\":\(edges.hasMore)}"
            )
            links = PageLinks(
                offset: request, skip: skip, hasMore: edges.hasMore, total: total, limits: decoder.limits)
        case .pages(let page):
            let total = total?.value ?? 0
            let size = request.query.pageSize
            let pages = (total + size - 1) / size
            body.writeString(
                "],\"total\":\(total),\"page\":\(page),\"page_size\":\(size),\"pages\":\(pages)}")
            links = PageLinks(pages: request, page: page, pages: pages, limits: decoder.limits)
        case .feed:
            let (next, prev) = cursors(request, edges)
            write(cursor: next, named: "],\"next_cursor\":", into: &body)
            write(cursor: prev, named: ",\"prev_cursor\":", into: &body)
            body.writeStaticString(edges.hasMore ? ",\"has_more\":true" : ",\"has_more\":false")
            if let total {
                body.writeString(",\"total\":\(total.value)")
            } else if request.envelope == .feed(wantsTotal: true) {
                body.writeStaticString(",\"total\":null")
            }
            body.writeStaticString("}")
            links = PageLinks(feed: request, next: next, prev: prev)
        }
        var answer = Answer(status: .ok, contentType: "application/json", body: body)
        answer.fields[.link] = links.field
        answer.markCacheable(for: head)
        if let total { answer.describe(total) }
        answer.validate(against: head.headerFields[.ifNoneMatch])
        return answer
    }

    /// The cursors of a feed page.
    ///
    /// Going forward, `next` is there as long as there are further rows, and `prev` on every page
    /// that has rows, because newer ones can arrive at any time. Going backward it is the other way
    /// round; `prev` always leads on to rows that may arrive. An empty page still knows the way back:
    /// its cursor is made from the position that was asked for, and starts with the row that stands
    /// there, if one does, so that turning round leaves nothing out.
    private func cursors(_ request: PagingRequest, _ edges: PageEdges) -> (next: String?, prev: String?) {
        func text(_ position: Position?, _ direction: Direction) -> String? {
            guard let position else { return nil }
            let cursor = PageCursor(position: position, direction: direction, scope: request.scope)
            return decoder.cursors.encode(cursor)
        }
        return switch request.query.start {
        case .before(let asked):
            edges.count == 0
                ? (text(asked.neighbour(.backward, request.query.order), .forward), text(asked, .backward))
                : (text(edges.last, .forward), text(edges.first, .backward))
        case .after(let asked):
            edges.count == 0
                ? (nil, text(asked.neighbour(.forward, request.query.order), .backward))
                : (edges.hasMore ? text(edges.last, .forward) : nil, text(edges.first, .backward))
        case .first, .offset:
            (edges.hasMore ? text(edges.last, .forward) : nil, text(edges.first, .backward))
        }
    }

    private func write(cursor: String?, named name: StaticString, into body: inout ByteBuffer) {
        body.writeStaticString(name)
        guard let cursor else {
            body.writeStaticString("null")
            return
        }
        // base64url needs no escaping in JSON.
        body.writeStaticString("\"")
        body.writeString(cursor)
        body.writeStaticString("\"")
    }
}

extension Position {
    /// The position next to this one: no row can lie between the two.
    fileprivate func neighbour(_ direction: Direction, _ order: Order) -> Position {
        let isAscending = (direction == .forward) == (order == .oldest)
        return Position(datePosted: datePosted, id: isAscending ? id &+ 1 : id &- 1)
    }
}

extension Problem {
    /// Counting takes longer than a request is to wait, or has just failed, and no earlier total is known.
    fileprivate static func totalNotCounted(resource: Resource) -> Problem {
        Problem(
            code: .unavailable,
            detail: "The total can't be counted in time. Read \(resource.path)/feed, which needs none, "
                + "or try again later.")
    }
}

extension Resource {
    /// Whether the resource is there only as long as a user is.
    var belongsToUser: Bool {
        if case .userPosts = self { true } else { false }
    }
}
