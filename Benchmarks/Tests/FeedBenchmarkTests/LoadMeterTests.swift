import BenchmarkReport
import Foundation
import Testing

@testable import FeedBenchmark

/// Against a small server in a process of its own, with the real wrk.
struct LoadMeterTests {
    /// Answers pages of two posts, `/slow` after half a second, and after the 50th request what `after` says.
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
                if self.path == "/slow": time.sleep(0.5)
                if next(requests) > 50:
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
        after: String = "self.answer(200, page)"
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
            try await meter.run(
                [LoadMeter.Target(path: path, ids: ids)], on: server, connections: 4, seconds: 1, seed: 1
            ).value
        }
    }

    @Test func readsWhatTheLoadCost() async throws {
        let reading = try #require(try await load())

        #expect(reading.load.requests > 50)
        #expect(reading.cpuPerRequest > 1)
        #expect(reading.requestsPerSecond > 10)
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
        await #expect(throws: BenchmarkFailure.self) { try await load(after: after) }
    }

    @Test func otherPostsThanExpectedFailTheRun() async throws {
        await #expect(throws: BenchmarkFailure.self) { try await load(ids: [2, 3]) }
        await #expect(throws: BenchmarkFailure.self) { try await load(ids: nil, pageSize: 20) }
    }

    @Test func whatIsTooSlowForTheTimeIsNotMeasured() async throws {
        #expect(try await load("/slow") == nil)
    }
}
