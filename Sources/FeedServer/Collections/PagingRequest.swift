import FeedStore

/// A request for a page that can't be invalid any more.
struct PagingRequest: Sendable {
    /// The way of paging, with what only that way knows.
    enum Envelope: Hashable, Sendable {
        case offset(skip: Int)
        case pages(page: Int)
        /// - `wantsTotal`: whether `total=true` asks for a count.
        case feed(wantsTotal: Bool)
    }

    var resource: Resource
    var envelope: Envelope
    var status: PostStatus
    var query: PageQuery
    var scope: CursorScope
}

/// What an operator decides about paging.
struct PagingLimits: Hashable, Sendable {
    /// The largest page of the offset and the pages way, in rows.
    static let maximumPageSize = 100
    /// The largest page of a feed, in rows.
    static let maximumFeedPageSize = 50
    /// A feed page that asks for no size.
    static let standardFeedPageSize = 20

    /// Rows of an offset page, or of a page of pages, that asks for no number.
    var postsPerPage = 10
    /// The most rows that are skipped.
    var maximumSkip = 10_000
}

extension CollectionTarget {
    /// The names of the parameters that ``PagingDecoder`` reads.
    var parameters: [String] {
        let names =
            switch paging {
            case .offset: ["skip", "limit"]
            case .pages: ["page", "page_size"]
            case .feed: ["page_size", "total", "cursor"]
            }
        return names + (resource.takesOrder ? ["order"] : []) + (resource.takesStatus ? ["status"] : [])
    }
}

/// Decodes the query of each way of paging: everything wrong with it is found here.
struct PagingDecoder: Sendable {
    var limits: PagingLimits
    var cursors: PageCursorCodec

    /// - Parameter asker: the user who asks, `nil` for anybody. Drafts are for their author.
    func decode(
        _ target: CollectionTarget, query: Substring?, for asker: Int64? = nil
    ) throws(Problem) -> PagingRequest {
        var reader = ParameterReader(try QueryString(query))
        let resource = target.resource
        let order =
            resource.takesOrder
            ? reader.choice("order", default: resource.standardOrder) : resource.standardOrder
        let status: PostStatus =
            resource.takesStatus ? reader.choice("status", default: .published) : .published
        let collection = resource.collection(status: status)
        let scope = CursorScope(collection: collection, order: order)
        let envelope: PagingRequest.Envelope
        var start = PageStart.first
        var cursor = ""
        let pageSize: Int
        switch target.paging {
        case .offset:
            let skip = reader.integer("skip", default: 0, in: 0...Int.max)
            pageSize = reader.integer(
                "limit", default: limits.postsPerPage, in: 1...PagingLimits.maximumPageSize)
            if skip > limits.maximumSkip { refuseDepth(&reader, "skip", resource) }
            envelope = .offset(skip: skip)
            start = .offset(min(skip, limits.maximumSkip))
        case .pages:
            let page = reader.integer("page", default: 1, in: 1...Int.max)
            pageSize = reader.integer(
                "page_size", default: limits.postsPerPage, in: 1...PagingLimits.maximumPageSize)
            let (skip, overflow) = (page - 1).multipliedReportingOverflow(by: pageSize)
            if overflow || skip > limits.maximumSkip { refuseDepth(&reader, "page", resource) }
            envelope = .pages(page: page)
            start = .offset(overflow ? 0 : min(skip, limits.maximumSkip))
        case .feed:
            pageSize = reader.integer(
                "page_size", default: PagingLimits.standardFeedPageSize,
                in: 1...PagingLimits.maximumFeedPageSize)
            let wantsTotal = reader.flag("total")
            cursor = reader.text("cursor") ?? ""
            envelope = .feed(wantsTotal: wantsTotal)
        }
        try reader.finish()
        if !cursor.isEmpty { start = try self.start(cursor, scope) }
        if case .userPosts(let author, .draft) = collection, author != asker {
            throw Problem(code: .forbidden, detail: "Drafts are shown to their author only.")
        }
        return PagingRequest(
            resource: resource, envelope: envelope, status: status,
            query: PageQuery(collection: collection, order: order, start: start, pageSize: pageSize),
            scope: scope)
    }

    private func refuseDepth(_ reader: inout ParameterReader, _ name: String, _ resource: Resource) {
        reader.refuse(
            name,
            """
            goes past the \(limits.maximumSkip) rows that may be skipped; \
            to read on, follow next_cursor of \(resource.path)/feed
            """)
    }

    private func start(_ cursor: String, _ scope: CursorScope) throws(Problem) -> PageStart {
        do {
            let cursor = try cursors.decode(cursor, scope: scope)
            return cursor.direction == .forward ? .after(cursor.position) : .before(cursor.position)
        } catch {
            switch error {
            case .invalid:
                throw Problem(
                    code: .cursorInvalid,
                    detail: "This is not a cursor of this server. Pass next_cursor or prev_cursor unchanged.")
            case .mismatch:
                throw Problem(
                    code: .cursorMismatch,
                    detail: "This cursor was made for another collection, order or filter.")
            case .expired:
                throw Problem(
                    code: .cursorExpired, detail: "This cursor has expired. Start again without one.")
            }
        }
    }
}
