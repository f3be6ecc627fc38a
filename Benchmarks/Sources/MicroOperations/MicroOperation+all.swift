import CountCache
@_spi(Benchmarks) import FeedServer
import FeedStore

extension MicroOperation {
    /// Every operation, in the order of a report.
    public static let all: [MicroOperation] = [
        cursorEncode, cursorDecode, cursorRequest, offsetRequest, pageRead, pageEncode, currentCount, count,
    ]

    /// Rows of the pages below: what a feed page holds that asks for no size.
    private static let pageSize = 20

    // MARK: Cursors

    private static let cursorEncode = MicroOperation("cursor, encode") { _ in
        Prepared { count in
            var sum = 0
            for index in 0..<count { sum += cursors.encode(cursor(id: Int64(index))).utf8.count }
            return sum
        }
    }

    private static let cursorDecode = MicroOperation("cursor, decode") { _ in
        let text = cursors.encode(cursor(id: 4_711))
        return Prepared { count in
            var sum = 0
            for _ in 0..<count {
                sum += Int(try cursors.decode(text, scope: feed).position.id)
            }
            return sum
        }
    }

    // MARK: Parameters

    /// Path and query of a further page of a feed, its cursor included.
    private static let cursorRequest = MicroOperation("parameters of a feed page, with a cursor") { _ in
        let text = cursors.encode(cursor(id: 4_711))
        return decoding(path: "/api/posts/feed", query: "cursor=\(text)&page_size=\(pageSize)")
    }

    private static let offsetRequest = MicroOperation("parameters of an offset page") { _ in
        decoding(path: "/api/posts", query: "skip=4711&limit=\(pageSize)")
    }

    private static func decoding(path: String, query: String) -> Prepared {
        let steps = RequestSteps(cursors: cursors)
        return Prepared { count in
            var sum = 0
            for _ in 0..<count {
                guard let page = try steps.decode(path: path, query: query), page.start != .first else {
                    throw OperationFailed(description: "\(path)?\(query) is not understood")
                }
                sum += page.pageSize
            }
            return sum
        }
    }

    // MARK: Pages

    /// A page of a feed with nobody looking at its rows: what of the next operation is the store's.
    private static let pageRead = MicroOperation("page of \(pageSize) posts, read") { folder in
        let (store, query) = try await SamplePosts.middlePage(of: pageSize, folder: folder)
        // Behind the same protocol as in the server.
        let reading: any Store = store
        return Prepared { count in
            var sum = 0
            for _ in 0..<count {
                var visitor = IgnoringVisitor()
                guard let edges = try reading.pageIfImmediate(query, visitor: &visitor),
                    edges.count == pageSize
                else { throw OperationFailed(description: "the page was not read") }
                sum += edges.count
            }
            return sum
        } end: {
            try await store.close()
        }
    }

    private static let pageEncode = MicroOperation("page of \(pageSize) posts, read and written as JSON") {
        folder in
        let (store, query) = try await SamplePosts.middlePage(of: pageSize, folder: folder)
        let steps = RequestSteps(cursors: cursors)
        return Prepared { count in
            var sum = 0
            for _ in 0..<count {
                guard let bytes = try steps.encodePage(query, from: store),
                    bytes > pageSize * SamplePosts.leastBytes
                else {
                    throw OperationFailed(description: "the page was not read")
                }
                sum += bytes
            }
            return sum
        } end: {
            try await store.close()
        }
    }

    // MARK: Totals

    private static let currentCount = MicroOperation("total known in memory, current") { _ in
        let (cache, key) = try await SampleCount.inMemory()
        return Prepared { count in
            var sum = 0
            for _ in 0..<count { sum += cache.current(for: key) { _ in 1 }?.value ?? 0 }
            return sum
        }
    }

    private static let count = MicroOperation("total known in memory, count") { _ in
        let (cache, key) = try await SampleCount.inMemory()
        return Prepared { count in
            var sum = 0
            for _ in 0..<count { sum += try await cache.count(for: key) { _ in 1 }?.value ?? 0 }
            return sum
        }
    }

    // MARK: What they work on

    private static let cursors = PageCursorCodec(secret: Array("a secret of benchmarks".utf8))

    private static let feed = CursorScope(collection: .posts, order: .newest)

    private static func cursor(id: Int64) -> PageCursor {
        let position = Position(datePosted: SamplePosts.date(of: id), id: id)
        return PageCursor(position: position, direction: .forward, scope: feed)
    }
}

/// Looks at no row.
private struct IgnoringVisitor: RowVisitor {
    mutating func visit(_ row: borrowing PostRow) {}
    mutating func visit(_ row: borrowing UserRow) {}
    mutating func reverse() {}
}
