import Foundation
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

    @Test func aServerThatIsNotThereIsAFailure() throws {
        let port = try FreePort.find()

        #expect(throws: BenchmarkFailure.self) { try HTTPConnection(port: port) }
    }
}

/// Answers the requests of one connection with prepared pieces, and closes it.
private struct ScriptedServer {
    let port: Int

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
        Thread.detachNewThread {
            let client = accept(listener, nil, nil)
            close(listener)
            var noDelay: Int32 = 1
            setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
            for answer in answers {
                var request = [UInt8](repeating: 0, count: 4_096)
                guard recv(client, &request, request.count, 0) > 0 else { break }
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
