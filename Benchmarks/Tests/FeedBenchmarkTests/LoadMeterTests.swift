import BenchmarkReport
import BenchmarkTestSupport
import Foundation
import Testing

@testable import FeedBenchmark

/// Against a small server in a process of its own, with the real wrk.
struct LoadMeterTests {
    /// Answers pages of two posts, `/slow` after longer than a load of a second has for it on any number of cores,
    /// and after the third request what `after` says.
    private static func script(after: String) -> String {
        """
        import http.server, itertools, json, sys, time
        page = json.dumps({"items": [{"id": 2, "text": "x" * 900}, {"id": 1}]}).encode()
        requests = itertools.count(1)
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                # As much as the servers that are measured have.
                self.send_header("X-Padding", "x" * 250)
                self.end_headers()
                self.wfile.write(body)
            def do_GET(self):
                if self.path == "/slow": time.sleep(1.5)
                if next(requests) > 3:
                    \(after)
                else:
                    self.answer(200, page)
            def log_message(self, *arguments): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print("port", server.server_port, flush=True)
        server.serve_forever()
        """
    }

    private func load(
        _ path: String = "/page", ids: [Int64]? = [2, 1], pageSize: Int = 2,
        after: String = "self.answer(200, page)", seconds: Double = 1
    ) async throws -> LoadMeter.Reading? {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let command = ServerProcess.Command(
            name: "the server", executable: "/usr/bin/env",
            arguments: ["python3", "-c", Self.script(after: after)], log: folder.appending(path: "log")
        ) { log in
            log.contains("\n") ? log.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } : nil
        }
        let meter = LoadMeter(generator: try LoadGenerator(folder: folder), pageSize: pageSize)
        return try await ServerProcess.with(command) { server in
            // On a thread of its own: whoever looks at the pages first blocks while it waits.
            try await withTaskExecutorPreference(ThreadExecutor()) {
                try await meter.run(
                    [LoadMeter.Target(path: path, ids: ids)], on: server, connections: 4, seconds: seconds,
                    seed: 1
                ).value
            }
        }
    }

    /// Where a busy machine answers few requests in a second, it gets more time.
    private func enoughLoad(after: String = "self.answer(200, page)") async throws -> LoadMeter.Reading {
        for seconds: Double in [1, 10, 100] {
            let reading = try await load(after: after, seconds: seconds)
            if let reading, reading.load.requests > 50 { return reading }
        }
        throw TooSlow()
    }

    private struct TooSlow: Error {}

    @Test func readsWhatTheLoadCost() async throws {
        let start = ContinuousClock.now
        let reading = try await enoughLoad()
        let elapsed = (ContinuousClock.now - start) / .seconds(1)

        #expect(reading.load.requests > 50)
        #expect(reading.cpuPerRequest > 1)
        // The load has taken its second, and no longer than all of this.
        let requests = Double(reading.load.requests)
        #expect(reading.requestsPerSecond >= requests / elapsed)
        #expect(reading.requestsPerSecond <= requests / 0.9)
        #expect(reading.resident > 1)
    }

    @Test(
        arguments: [
            // An error, an empty page, a redirection, a connection that is closed, a server that dies.
            "self.answer(500, page)",
            "self.answer(200, b'{}')",
            "self.answer(302, b'')",
            "self.close_connection = True",
            "import os; os._exit(3)",
        ])
    func whatGoesWrongUnderLoadFailsTheRun(after: String) async throws {
        await #expect(throws: BenchmarkFailure.self) { try await enoughLoad(after: after) }
    }

    @Test func otherPostsThanExpectedFailTheRun() async throws {
        await #expect(throws: BenchmarkFailure.self) { try await load(ids: [2, 3]) }
        await #expect(throws: BenchmarkFailure.self) { try await load(ids: nil, pageSize: 20) }
    }

    @Test func whatIsTooSlowForTheTimeIsNotMeasured() async throws {
        #expect(try await load("/slow") == nil)
    }
}
