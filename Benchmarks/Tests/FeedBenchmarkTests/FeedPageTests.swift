import Testing

@testable import FeedBenchmark

struct FeedPageTests {
    @Test func readsTheEnvelopesOfAllWays() throws {
        let feed = #"{"items":[{"id":3,"title":"x"},{"id":2}],"next_cursor":"abc","has_more":true}"#
        let offset = #"{"posts":[{"id":3}],"total":1}"#

        let byCursor = try FeedPage(json: Array(feed.utf8))
        #expect(byCursor.ids == [3, 2])
        #expect(byCursor.nextCursor == "abc")
        #expect(try FeedPage(json: Array(offset.utf8)).ids == [3])
    }

    @Test func whatIsNoPageIsAFailure() {
        for text in ["", "{", #"{"status":"ok"}"#, "[]"] {
            #expect(throws: BenchmarkFailure.self) { try FeedPage(json: Array(text.utf8)) }
        }
    }
}
