import BenchmarkTestSupport
import Foundation
import Synchronization
import Testing

@testable import FeedBenchmark

/// A connection blocks while it waits: each has a thread of its own here.
struct HTTPConnectionTests {
    @Test func takesAWholeAnswerInPieces() async throws {
        let server = try ScriptedServer(answers: [
            ["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 5\r\n\r", "\nhe", "llo"],
            ["HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n"],
        ])

        let bodies = try await onThread("two answers") {
            let connection = try HTTPConnection(port: server.port)
            return try ["/a", "/b"].map { path in
                String(decoding: try connection.get(path), as: UTF8.self)
            }
        }

        #expect(bodies == ["hello", ""])
    }

    @Test(arguments: [
        // An error, a redirection, no answer at all, half an answer, two answers, and one without an end.
        ["HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"],
        ["HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"],
        [],
        ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"],
        ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n"],
        ["HTTP/1.1 200 OK\r\n\r\nx"],
    ])
    func everythingElseIsAFailure(answer: [String]) async throws {
        let server = try ScriptedServer(answers: [answer])

        let outcome = try await onThread("an answer that is none") {
            let connection = try HTTPConnection(port: server.port)
            return Result { try connection.get("/").count }
        }

        #expect(throws: BenchmarkFailure.self) { try outcome.get() }
    }

    @Test func aPostCarriesItsBodyAndItsToken() async throws {
        let server = try ScriptedServer(answers: [
            ["HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"],
            ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"],
        ])

        let (created, accepted) = try await onThread("two answers") {
            let connection = try HTTPConnection(port: server.port)
            let created = try connection.post("/a", .json(["title": "Höhe"]), token: "abc", expecting: 201)
            let createdText = String(decoding: created, as: UTF8.self)
            let accepted = try connection.post(
                "/b", .form(["username": "a@example.com", "password": "b"]), expecting: 200)
            return (createdText, String(decoding: accepted, as: UTF8.self))
        }

        #expect(created == "{}")
        #expect(accepted == "true")
        let host = "Host: 127.0.0.1:\(server.port)\r\n"
        #expect(
            server.requests == [
                "POST /a HTTP/1.1\r\n\(host)Authorization: Bearer abc\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 17\r\n\r\n{\"title\":\"Höhe\"}",
                "POST /b HTTP/1.1\r\n\(host)Content-Type: application/x-www-form-urlencoded\r\n"
                    + "Content-Length: 35\r\n\r\nusername=a%40example.com&password=b",
            ])
    }

    @Test(arguments: ["200 OK", "202 Accepted", "401 Unauthorized", "429 Too Many Requests", "2010 Odd"])
    func aPostThatIsAnsweredAnythingElseIsAFailure(status: String) async throws {
        let server = try ScriptedServer(answers: [["HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n"]])

        let outcome = try await onThread("an answer") {
            let connection = try HTTPConnection(port: server.port)
            return Result { try connection.post("/a", .json(["a": 1]), expecting: 201).count }
        }

        let failure = #expect(throws: BenchmarkFailure.self) { try outcome.get() }
        #expect(failure?.description == "/a was answered HTTP/1.1 \(status)")
    }

    @Test func aServerThatIsNotThereIsAFailure() async throws {
        // Nothing listens there, and as long as somebody has the port, nobody else does.
        let (occupied, port) = try boundSocket()
        defer { close(occupied) }

        let outcome = try await onThread("a connection") { Result { _ = try HTTPConnection(port: port) } }

        #expect(throws: BenchmarkFailure.self) { try outcome.get() }
    }
}

/// A socket with a free port of the loopback interface.
private func boundSocket() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
        }
    }
    try #require(status == 0)
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}

/// Answers requests in their order with prepared pieces, and closes the connection behind the last.
private struct ScriptedServer {
    private final class Record: Sendable {
        let requests = Mutex<[String]>([])
    }

    let port: Int
    private let record = Record()

    /// What has been asked for.
    var requests: [String] { record.requests.withLock { $0 } }

    init(answers: [[String]]) throws {
        let bound = try boundSocket()
        let listener = bound.descriptor
        port = bound.port
        try #require(listen(listener, 1) == 0)
        // Its thread does not wait for ever for a client that does not come.
        var limit = timeval(tv_sec: Int(Patience.standard.components.seconds), tv_usec: 0)
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread { [record] in
            var remaining = answers[...]
            // More than one connection: a client that was idle for too long takes another one.
            while !remaining.isEmpty {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                Self.serve(client, &remaining, record)
                close(client)
            }
            close(listener)
        }
    }

    private static func serve(_ client: Int32, _ answers: inout ArraySlice<[String]>, _ record: Record) {
        var noDelay: Int32 = 1
        setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        while !answers.isEmpty {
            var request = [UInt8](repeating: 0, count: 4_096)
            let count = recv(client, &request, request.count, 0)
            guard count > 0 else { return }
            let text = String(decoding: request[..<count], as: UTF8.self)
            record.requests.withLock { $0.append(text) }
            for piece in answers.removeFirst() {
                _ = send(client, piece, piece.utf8.count, Int32(MSG_NOSIGNAL))
                // So that the pieces arrive as pieces; nothing depends on it.
                sched_yield()
            }
        }
    }
}
