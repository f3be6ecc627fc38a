import Foundation
import Logging
import NIOHTTP1
import ServiceLifecycle
import TestSupport
import Testing

@testable import FeedServer

/// What happens to connections when a server stops, and when a client does not take its answers.
@Suite struct DrainTests {
    @Test func aStoppingServerSaysThatItDrains() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        // Longer than a busy machine needs to look at it; the test does not wait for its end.
        try await TestServer.run(settings: [.drainDelay: "3600"], database: database) { server in
            defer { server.cancel() }
            var reply = try await server.get("/readyz")
            #expect(reply.json["status"] as? String == "ready")
            await server.stop()
            // The shutdown is handed on from task to task.
            try await waitUntil("a server that is not ready any more", last: { reply.bodyText }) {
                reply = try await server.get("/readyz")
                return reply.status != 200
            }
            #expect(reply.status == 503 && reply.json["status"] as? String == "draining")
            #expect(reply.header("Retry-After") != nil)
            // It still answers everything else.
            #expect(try await server.get("/api/posts/feed").status == 200)
        }
    }

    /// By itself, or the run fails.
    @Test func aStoppingServerEndsAfterItsDelay() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        try await TestServer.run(settings: [.drainDelay: "0.1"], database: database) { server in
            await server.stop()
        }
    }

    /// A server that is ended during its delay leaves nobody who waits for the rest of it.
    @Test func theDelayEndsWithTheServer() async throws {
        let events = Watched<[String]>([])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = DrainingService(
            service: CancelledService(events: events), delay: .seconds(60), logger: logger,
            onDraining: { events.update { $0.append("draining") } },
            pause: { delay in
                events.update { $0.append("\(delay)") }
                defer { events.update { $0.append("no delay") } }
                // As long as it is not cancelled.
                try await Watched(false).wait(for: "the end of the delay") { $0 }
            })
        let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
        let running = Task { try await group.run() }
        try await events.wait(for: "the service") { $0 == ["begun"] }
        await group.triggerGracefulShutdown()
        try await events.wait(for: "the delay") { $0.count == 3 }
        #expect(events.value == ["begun", "draining", "60.0 seconds"])

        running.cancel()
        _ = await running.result

        #expect(events.value.count == 5 && Set(events.value.suffix(2)) == ["ended", "no delay"])
    }

    /// Requests that come at once are answered in their order, whichever way each is answered.
    @Test func pipelinedRequestsAreAnsweredInTheirOrder() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: Array(1...60), in: folder)
        try await TestServer.run(database: database) { server in
            // Bounded pages, pages with a total, single rows, and what is wrong, in turns; far more
            // bytes than a connection takes before its client reads.
            let targets = [
                "/api/posts/feed?page_size=50", "/api/posts?limit=3", "/api/posts/feed?page_size=2",
                "/api/posts/7", "/api/posts/feed?page_size=0", "/healthz", "/api/users/1/posts/feed",
            ]
            var alone: [String] = []
            for target in targets {
                alone.append(String(decoding: try await server.get(target).body, as: UTF8.self))
            }
            try await RawConnection.open(port: server.port) { [alone] session in
                let rounds = 60
                var requests = ""
                for _ in 0..<rounds {
                    for target in targets { requests += "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }
                }
                try await session.send(requests.utf8)
                for _ in 0..<rounds {
                    for (index, target) in targets.enumerated() {
                        let reply = try #require(try await session.reply(), "\(target)")
                        #expect(reply.body == alone[index], "\(target)")
                    }
                }
            }
        }
    }

    /// A request with a body, or one that asks to close, is answered as well.
    @Test func oddRequestsAreAnswered() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        try await TestServer.run(database: database) { server in
            let target = "GET /api/posts/feed?page_size=2 HTTP/1.1\r\nHost: a\r\n"
            try await RawConnection.open(port: server.port) { session in
                try await session.send("\(target)Content-Length: 4\r\n\r\nbody\(target)\r\n".utf8)
                let first = try #require(try await session.reply())
                let second = try #require(try await session.reply())
                #expect(first.status == 200 && first.body == second.body)
                try await session.send("\(target)Connection: close\r\n\r\n".utf8)
                #expect(try await session.reply()?.body == first.body)
                #expect(try await session.reply() == nil)
            }
            try await RawConnection.open(port: server.port) { session in
                let reply = try await session.get("/api/posts/feed?page_size=2".utf8, method: "HEAD")
                #expect(reply?.status == 200 && reply?.body == "")
                #expect(try await session.get("/healthz".utf8)?.status == 200)
            }
        }
    }
}

/// Ends when it is cancelled.
private struct CancelledService: Service {
    let events: Watched<[String]>

    func run() async throws {
        events.update { $0.append("begun") }
        defer { events.update { $0.append("ended") } }
        try await gracefulShutdown()
    }
}
