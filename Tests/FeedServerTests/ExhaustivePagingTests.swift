import TestSupport
import Testing

@testable import FeedServer

/// Every page size, both directions, both orders, every collection and way, through the HTTP API with
/// every cursor taken from an answer.
@Suite struct ExhaustivePagingTests {
    private struct List: Sendable, CustomTestStringConvertible {
        var path: String
        var filter: String
        var maximumPageSize: Int { 50 }
        var testDescription: String { "\(path)?\(filter)" }
    }

    private static let lists = [
        List(path: "/api/posts", filter: ""),
        List(path: "/api/posts", filter: "&order=oldest"),
        List(path: "/api/users/1/posts", filter: ""),
        List(path: "/api/users/1/posts", filter: "&order=oldest&status=published"),
        List(path: "/api/users", filter: ""),
    ]

    @Test(arguments: lists)
    private func everyPageSize(list: List) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(
            dates: SampleDatabase.tiedDates, hasDrafts: true, in: folder)
        try await TestServer.run(database: database) { server in
            let all = try await server.get("\(list.path)?limit=100\(list.filter)").ids
            #expect(all.count >= 3)
            for pageSize in 1...(all.count + 1) {
                try await walkFeed(server, list, pageSize: pageSize, all: all)
                try await walkOffsets(server, list, pageSize: pageSize, all: all)
            }
        }
    }

    private func walkFeed(_ server: TestServer, _ list: List, pageSize: Int, all: [Int64]) async throws {
        // Forward.
        var pages: [[Int64]] = []
        var prevCursors: [String] = []
        var cursor = ""
        // A walk without an end fails below.
        while pages.count <= all.count {
            let path = "\(list.path)/feed?cursor=\(cursor)&page_size=\(pageSize)\(list.filter)"
            let reply = try await server.get(path)
            try #require(reply.status == 200)
            #expect(Set(reply.json.keys) == ["items", "next_cursor", "prev_cursor", "has_more"])
            pages.append(reply.ids)
            let next = reply.json["next_cursor"] as? String
            #expect(reply.json["has_more"] as? Bool == (next != nil))
            #expect(reply.links["next"].map { $0.contains("cursor=\(next ?? "-")&") } ?? (next == nil))
            prevCursors.append(try #require(reply.json["prev_cursor"] as? String))
            #expect(reply.links["prev"]?.contains("cursor=\(prevCursors.last ?? "-")&") == true)
            guard let next else { break }
            cursor = next
        }
        #expect(pages.flatMap(\.self) == all)
        #expect(pages.count == (all.count + pageSize - 1) / pageSize, "no empty page at the end")

        // Back from the last page: the same pages.
        cursor = try #require(prevCursors.last)
        for index in pages.indices.dropLast().reversed() {
            let path = "\(list.path)/feed?cursor=\(cursor)&page_size=\(pageSize)\(list.filter)"
            let reply = try await server.get(path)
            #expect(reply.ids == pages[index])
            #expect(reply.json["has_more"] as? Bool == (index > 0))
            #expect(reply.json["next_cursor"] is String)
            cursor = try #require(reply.json["prev_cursor"] as? String)
        }
        // Above the first: nothing, and the same cursor to ask again with.
        let above = try await server.get(
            "\(list.path)/feed?cursor=\(cursor)&page_size=\(pageSize)\(list.filter)")
        #expect(above.ids.isEmpty && above.json["has_more"] as? Bool == false)
        #expect(above.json["prev_cursor"] as? String == cursor)
        let wayBack = try #require(above.json["next_cursor"] as? String)
        let top = try await server.get(
            "\(list.path)/feed?cursor=\(wayBack)&page_size=\(pageSize)\(list.filter)")
        #expect(top.ids == pages.first)
    }

    private func walkOffsets(
        _ server: TestServer, _ list: List, pageSize: Int, all: [Int64]
    ) async throws {
        var path: String? = "\(list.path)?skip=0&limit=\(pageSize)\(list.filter)"
        var seen: [Int64] = []
        while let current = path {
            let reply = try await server.get(current)
            #expect(reply.json["total"] as? Int == all.count)
            #expect(reply.header("X-Total-Count") == "\(all.count)")
            #expect(reply.json["skip"] as? Int == seen.count)
            seen += reply.ids
            #expect(reply.json["has_more"] as? Bool == (seen.count < all.count))
            path = reply.links["next"]
            #expect((path == nil) == (seen.count >= all.count))
        }
        #expect(seen == all)

        path = "\(list.path)/pages?page=1&page_size=\(pageSize)\(list.filter)"
        seen = []
        while let current = path {
            let reply = try await server.get(current)
            #expect(reply.json["pages"] as? Int == (all.count + pageSize - 1) / pageSize)
            seen += reply.ids
            path = reply.links["next"]
        }
        #expect(seen == all)
    }
}
