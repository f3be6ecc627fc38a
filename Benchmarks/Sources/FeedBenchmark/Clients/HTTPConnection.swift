import Foundation

/// One connection to a server on the loopback interface that asks and waits, as one phone does.
///
/// It is blocking sockets and nothing else: a client library's own time, of about what a page costs, would be added to
/// the page's, and make a slow way of paging look nearly as good as a fast one. It reads only what the two servers
/// send: HTTP/1.1 with a `Content-Length`. A server that dies, an answer with another status than it has to have, and
/// one that does not come in time are failures; none of them counts as a request.
final class HTTPConnection {
    /// Longest wait for an answer, in seconds.
    private static let timeout = 120
    /// After so long without a request it connects anew: the peer closes what was idle for five seconds.
    private static let longestIdle = Duration.seconds(2)

    private let port: Int
    private let host: String
    private var socket: Int32
    private var lastUse = ContinuousClock.now
    private var input: [UInt8] = []

    init(port: Int) throws {
        self.port = port
        host = "127.0.0.1:\(port)"
        socket = try Self.connect(port: port)
    }

    private static func connect(port: Int) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw failure("make a socket") }
        var limit = timeval(tv_sec: Self.timeout, tv_usec: 0)
        var noDelay: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let failure = failure("connect to port \(port)")
            close(socket)
            throw failure
        }
        return socket
    }

    deinit {
        close(socket)
    }

    /// Asks for a path and returns the body.
    ///
    /// - Throws: ``BenchmarkFailure`` when the answer is not `200`, not whole, or does not come.
    func get(_ path: String) throws -> ArraySlice<UInt8> {
        try exchange("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n", path, expecting: 200)
    }

    /// Sends a body to a path and returns that of the answer.
    ///
    /// - Parameter token: what it is authorized by (RFC 6750).
    /// - Throws: ``BenchmarkFailure`` when the answer has another status, is not whole, or does not come.
    func post(
        _ path: String, _ body: RequestBody, token: String? = nil, expecting status: Int
    ) throws -> ArraySlice<UInt8> {
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let request = """
            POST \(path) HTTP/1.1\r
            Host: \(host)\r
            \(authorization)Content-Type: \(body.mediaType)\r
            Content-Length: \(body.text.utf8.count)\r
            \r
            \(body.text)
            """
        return try exchange(request, path, expecting: status)
    }

    private func exchange(
        _ request: String, _ path: String, expecting status: Int
    ) throws -> ArraySlice<UInt8> {
        if .now - lastUse > Self.longestIdle {
            close(socket)
            // Where that fails there is none to be closed at the end.
            socket = -1
            socket = try Self.connect(port: port)
        }
        defer { lastUse = .now }
        try send(request)
        input.removeAll(keepingCapacity: true)
        let end = try receiveHead(path)
        let head = input[..<end]
        guard head.starts(with: "HTTP/1.1 \(status) ".utf8) else {
            let line = String(decoding: head.prefix { $0 != 13 }, as: UTF8.self)
            throw BenchmarkFailure("\(path) was answered \(line)")
        }
        guard let length = Self.contentLength(in: head) else {
            throw BenchmarkFailure("\(path) was answered without a Content-Length")
        }
        let whole = end + 4 + length
        while input.count < whole { try receive(path) }
        guard input.count == whole else {
            throw BenchmarkFailure("\(path) was answered with too many bytes")
        }
        return input[(end + 4)...]
    }

    /// Looks at bytes and not at letters: this is the client's own time, too.
    private static func contentLength(in head: ArraySlice<UInt8>) -> Int? {
        let name = "content-length:".utf8
        for line in head.split(separator: 10) {
            // The bit tells capital letters from small ones, and is set in the hyphen and the colon.
            guard line.count > name.count, zip(line, name).allSatisfy({ $0 | 0x20 == $1 }) else { continue }
            let value = String(decoding: line.dropFirst(name.count), as: UTF8.self)
            return Int(value.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return nil
    }

    /// - Returns: the index of the empty line behind the head.
    private func receiveHead(_ path: String) throws -> Int {
        let mark: [UInt8] = [13, 10, 13, 10]
        var searched = 0
        while true {
            try receive(path)
            if let range = input[searched...].firstRange(of: mark) { return range.lowerBound }
            searched = max(0, input.count - 3)
        }
    }

    private func send(_ request: String) throws {
        var request = request
        let sent = request.withUTF8 { bytes in
            Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == request.utf8.count else { throw Self.failure("send to \(host)") }
    }

    private func receive(_ path: String) throws {
        let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { memory in
            let count = recv(socket, memory.baseAddress, memory.count, 0)
            if count > 0 { input.append(contentsOf: UnsafeRawBufferPointer(rebasing: memory[..<count])) }
            return count
        }
        guard count != 0 else { throw BenchmarkFailure("\(path): the server closed the connection") }
        guard count > 0 else { throw Self.failure("wait for the answer to \(path)") }
    }

    private static func failure(_ action: String) -> BenchmarkFailure {
        BenchmarkFailure("can't \(action): \(String(cString: strerror(errno)))")
    }
}
