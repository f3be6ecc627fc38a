import Foundation
import TestSupport

/// Connections of a client that opens many, and sends nothing on them.
final class SocketCrowd: Sendable {
    struct Failure: Error {
        var reason = errno
    }

    private let sockets: [Int32]

    private init(_ sockets: [Int32]) {
        self.sockets = sockets
    }

    deinit {
        for socket in sockets { close(socket) }
    }

    /// Connects as often to a port of this machine; the server may not have accepted them yet.
    static func connect(_ count: Int, port: Int) async throws -> SocketCrowd {
        try await onThread("connecting \(count) times") {
            var sockets: [Int32] = []
            for _ in 0..<count {
                let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
                guard socket >= 0 else { throw Failure() }
                sockets.append(socket)
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = in_port_t(port).bigEndian
                address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
                let outcome = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        Foundation.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                guard outcome == 0 else { throw Failure() }
            }
            return SocketCrowd(sockets)
        }
    }
}
