import Foundation

/// One connection to a server on the loopback interface that asks and waits, as one phone does.
///
/// It is blocking sockets and nothing else: a client library's own time, of about what a page costs, would be added to
/// the page's, and make a slow way of paging look nearly as good as a fast one. It reads only what the two servers
/// send: HTTP/1.1 with a `Content-Length`. A server that dies, an answer other than `200`, and one that does not come
/// in time are failures; none of them counts as a request.
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
        if .now - lastUse > Self.longestIdle {
            close(socket)
            // Where that fails there is none to be closed at the end.
            socket = -1
            socket = try Self.connect(port: port)
        }
        defer { lastUse = .now }
        try send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        input.removeAll(keepingCapacity: true)
        let head = try receiveHead(path)
        let lines = String(decoding: input[..<head], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first, status.hasPrefix("HTTP/1.1 200 ") else {
            throw BenchmarkFailure("\(path) was answered \(lines.first ?? "nothing")")
        }
        guard
            let field = lines.first(where: { $0.lowercased().hasPrefix("content-length:") }),
            let length = Int(field.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces))
        else { throw BenchmarkFailure("\(path) was answered without a Content-Length") }
        let end = head + 4 + length
        while input.count < end { try receive(path) }
        guard input.count == end else { throw BenchmarkFailure("\(path) was answered with too many bytes") }
        return input[(head + 4)...]
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
