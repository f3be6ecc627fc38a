import Foundation
import Synchronization
import Testing

@testable import FeedBenchmark

struct HTTPConnectionTests {
    @Test func takesAWholeAnswerInPieces() throws {
        let server = try ScriptedServer(answers: [
            ["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 5\r\n\r", "\nhe", "llo"],
            ["HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n"],
        ])
        let connection = try HTTPConnection(port: server.port)

        #expect(String(decoding: try connection.get("/a"), as: UTF8.self) == "hello")
        #expect(try connection.get("/b").isEmpty)
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
    func everythingElseIsAFailure(answer: [String]) throws {
        let server = try ScriptedServer(answers: [answer])
        let connection = try HTTPConnection(port: server.port)

        #expect(throws: BenchmarkFailure.self) { try connection.get("/") }
    }

    @Test func aPostCarriesItsBodyAndItsToken() throws {
        let server = try ScriptedServer(answers: [
            ["HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"],
            ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"],
        ])
        let connection = try HTTPConnection(port: server.port)

        let created = try connection.post("/a", .json(["title": "Höhe"]), token: "abc", expecting: 201)
        #expect(String(decoding: created, as: UTF8.self) == "{}")
        let accepted = try connection.post(
            "/b", .form(["username": "a@example.com", "password": "b"]), expecting: 200)
        #expect(String(decoding: accepted, as: UTF8.self) == "true")

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
    func aPostThatIsAnsweredAnythingElseIsAFailure(status: String) throws {
        let server = try ScriptedServer(answers: [["HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n"]])
        let connection = try HTTPConnection(port: server.port)

        let failure = #expect(throws: BenchmarkFailure.self) {
            try connection.post("/a", .json(["a": 1]), expecting: 201)
        }
        #expect(failure?.description == "/a was answered HTTP/1.1 \(status)")
    }

    @Test func aServerThatIsNotThereIsAFailure() throws {
        let port = try FreePort.find()

        #expect(throws: BenchmarkFailure.self) { try HTTPConnection(port: port) }
    }
}

/// Answers the requests of one connection with prepared pieces, and closes it.
private struct ScriptedServer {
    private final class Record: Sendable {
        let requests = Mutex<[String]>([])
    }

    let port: Int
    private let record = Record()

    /// What has been asked for.
    var requests: [String] { record.requests.withLock { $0 } }

    init(answers: [[String]]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 1) == 0
                    ? getsockname(listener, address, &length) : -1
            }
        }
        try #require(status == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [record] in
            let client = accept(listener, nil, nil)
            close(listener)
            var noDelay: Int32 = 1
            setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
            for answer in answers {
                var request = [UInt8](repeating: 0, count: 4_096)
                let count = recv(client, &request, request.count, 0)
                guard count > 0 else { break }
                let text = String(decoding: request[..<count], as: UTF8.self)
                record.requests.withLock { $0.append(text) }
                for piece in answer {
                    _ = send(client, piece, piece.utf8.count, Int32(MSG_NOSIGNAL))
                    // So that the pieces arrive as pieces; nothing depends on it.
                    sched_yield()
                }
            }
            close(client)
        }
    }
}
