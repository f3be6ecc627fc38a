import FeedStore
import Foundation
import HTTPTypes
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The access log: a line for each request on standard error, written in batches.
///
/// `2026-11-21T07:53:18.123456Z GET /api/posts?skip=40 200 2117 1666`: when it was answered, what was
/// asked, the status, the body's bytes, and how long it took in microseconds. Queries are left out but for what
/// collections know.
///
/// A line written when it comes costs more than a tenth of a feed page: a system call, and a lock that
/// all threads share. Here it is a few bytes in a buffer, which is written out some times a second and
/// at the end, on a thread of its own: whoever reads the log too slowly holds up no request.
final class AccessLog: Service {
    /// How long a line waits for its batch at the most.
    private static let interval = Duration.milliseconds(100)

    /// Bytes that wait at the most; further lines are dropped, and counted.
    private static let maximumPending = 8 << 20

    private struct State {
        var pending: [UInt8] = []
        var dropped = 0
    }

    private let state = Mutex(State())
    private let output: FileHandle

    init(output: FileHandle = .standardError) {
        self.output = output
    }

    /// Writes the batches until the server has stopped.
    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            // It ends early with the shutdown, and what waits is written below.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            try await flush()
        }
        try await flush()
    }

    func add(head: HTTPRequest, status: HTTPResponse.Status, bytes: Int, microseconds: Int64) {
        state.withLock { state in
            guard state.pending.count < Self.maximumPending else {
                state.dropped += 1
                return
            }
            withUnsafeTemporaryAllocation(byteCount: Timestamp.rfc3339Length, alignment: 1) { time in
                Timestamp.now.writeRFC3339(into: time)
                state.pending.append(contentsOf: time)
            }
            state.pending.append(space)
            state.pending.append(contentsOf: head.method.rawValue.utf8)
            state.pending.append(space)
            Self.write(targetOf: head, into: &state.pending)
            for number in [Int64(status.code), Int64(bytes), microseconds] {
                state.pending.append(space)
                state.pending.append(contentsOf: String(number).utf8)
            }
            state.pending.append(UInt8(ascii: "\n"))
        }
    }

    /// Writes what was asked for. Of a query, only the parameters that a collection knows: anything else may be a
    /// password or a token, such as clients put there by mistake.
    private static func write(targetOf head: HTTPRequest, into line: inout [UInt8]) {
        let target = head.path ?? ""
        let end = target.utf8.firstIndex { "?#".utf8.contains($0) } ?? target.endIndex
        line.append(contentsOf: target.utf8[..<end])
        guard end < target.endIndex, target.utf8[end] == UInt8(ascii: "?"),
            head.method == .get || head.method == .head,
            let collection = CollectionTarget(path: target[..<end])
        else { return }
        let query = target.utf8[end...].dropFirst().prefix { $0 != UInt8(ascii: "#") }
        var separator = UInt8(ascii: "?")
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            guard collection.parameters.contains(where: { name.isText($0) }) else { continue }
            line.append(separator)
            line.append(contentsOf: pair)
            separator = UInt8(ascii: "&")
        }
    }

    private var space: UInt8 { UInt8(ascii: " ") }

    private func flush() async throws {
        let (batch, dropped) = state.withLock { state in
            defer {
                state.pending.removeAll(keepingCapacity: state.pending.count < Self.maximumPending / 64)
                state.dropped = 0
            }
            return (state.pending, state.dropped)
        }
        guard !batch.isEmpty else { return }
        try await NIOThreadPool.singleton.runIfActive { [output] in
            try output.write(contentsOf: batch)
            if dropped > 0 {
                try output.write(contentsOf: Data("\(dropped) lines of the access log were dropped\n".utf8))
            }
        }
    }
}
