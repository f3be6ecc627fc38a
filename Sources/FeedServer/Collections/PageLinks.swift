import FeedStore

/// The addresses around a page, and the `Link` field (RFC 8288) that names them.
///
/// They are relative references (RFC 3986, section 4.2): right behind every proxy, whatever scheme
/// and host the client has used.
struct PageLinks: Hashable, Sendable {
    var first: String
    var prev: String?
    var next: String?
    var last: String?

    var field: String {
        var field = ""
        field.reserveCapacity(512)
        func add(_ address: String, _ relation: String) {
            field += field.isEmpty ? "<" : ", <"
            field += address
            field += relation
        }
        add(first, ">; rel=\"first\"")
        if let prev { add(prev, ">; rel=\"prev\"") }
        if let next { add(next, ">; rel=\"next\"") }
        if let last { add(last, ">; rel=\"last\"") }
        return field
    }

    /// Around a feed page: there is no last page to know of.
    init(feed request: PagingRequest, next: String?, prev: String?) {
        let start = CollectionTarget(resource: request.resource, paging: .feed).path + "?"
        var rest = "page_size=" + String(request.query.pageSize) + Self.filters(request)
        if case .feed(wantsTotal: true) = request.envelope { rest += "&total=true" }
        first = start + rest
        func address(_ cursor: String) -> String {
            var address = ""
            address.reserveCapacity(start.utf8.count + rest.utf8.count + cursor.utf8.count + 8)
            address += start
            address += "cursor="
            address += cursor
            address += "&"
            address += rest
            return address
        }
        self.prev = prev.map(address)
        self.next = next.map(address)
    }

    /// Around an offset page. An address that the skip limit would refuse is not given.
    init(offset request: PagingRequest, skip: Int, hasMore: Bool, total: Int, limits: PagingLimits) {
        let path = CollectionTarget(resource: request.resource, paging: .offset).path
        let limit = request.query.pageSize
        func address(skip: Int) -> String {
            "\(path)?skip=\(skip)&limit=\(limit)\(Self.filters(request))"
        }
        first = address(skip: 0)
        if skip > 0 { prev = address(skip: max(0, skip - limit)) }
        if hasMore, skip + limit <= limits.maximumSkip { next = address(skip: skip + limit) }
        // Of the pages that `next` leads to: they need not begin at a multiple of their size.
        let offset = skip % limit
        let lastSkip = total > offset ? offset + (total - 1 - offset) / limit * limit : 0
        if lastSkip <= limits.maximumSkip { last = address(skip: lastSkip) }
    }

    /// Around a page of pages.
    init(pages request: PagingRequest, page: Int, pages: Int, limits: PagingLimits) {
        let path = CollectionTarget(resource: request.resource, paging: .pages).path
        let size = request.query.pageSize
        func address(_ page: Int) -> String? {
            (page - 1) * size <= limits.maximumSkip
                ? "\(path)?page=\(page)&page_size=\(size)\(Self.filters(request))" : nil
        }
        first = "\(path)?page=1&page_size=\(size)\(Self.filters(request))"
        if page > 1 { prev = address(page - 1) }
        if page < pages { next = address(page + 1) }
        last = address(max(pages, 1))
    }

    private static func filters(_ request: PagingRequest) -> String {
        var filters = ""
        if request.resource.takesOrder, request.query.order != request.resource.standardOrder {
            filters += "&order=\(request.query.order.rawValue)"
        }
        if request.status != .published { filters += "&status=\(request.status.rawValue)" }
        return filters
    }
}
