import Foundation

/// What a client takes from an answer with posts.
struct FeedPage: Equatable {
    var ids: [Int64]
    /// `nil` at the end, and where there is none.
    var nextCursor: String?

    /// - Throws: ``BenchmarkFailure`` when it is no such answer.
    init(json: some Collection<UInt8>) throws {
        let body: Body
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            body = try decoder.decode(Body.self, from: Data(json))
        } catch {
            throw BenchmarkFailure("an answer is not the JSON of a page")
        }
        guard let rows = body.items ?? body.posts else { throw BenchmarkFailure("an answer has no posts") }
        ids = rows.map(\.id)
        nextCursor = body.nextCursor
    }

    /// The envelopes of all ways of paging.
    private struct Body: Decodable {
        struct Row: Decodable {
            var id: Int64
        }

        var items: [Row]?
        var posts: [Row]?
        var nextCursor: String?
    }
}
