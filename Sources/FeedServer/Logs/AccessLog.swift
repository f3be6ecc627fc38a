import FeedStore
import HTTPTypes
import Metrics

/// The access log: a line for each request on standard error, written in batches.
///
/// `2026-11-21T07:53:18.123456Z GET /api/posts?skip=40 200 2117 1666`: when it was answered, what was
/// asked, the status, the body's bytes, and how long it took in microseconds. Queries are left out but for what
/// collections know.
final class AccessLog: Sendable {
    private let lines: LineBatches

    init(output: LogOutput = .standardError, metrics: any MetricsFactory = NOOPMetricsHandler.instance) {
        lines = LineBatches(name: "access", output: output, metrics: metrics)
    }

    func add(head: HTTPRequest, status: HTTPResponse.Status, bytes: Int, microseconds: Int64) {
        lines.add { line in
            line.appendTime(.now)
            line.append(space)
            line.append(contentsOf: head.method.rawValue.utf8)
            line.append(space)
            Self.write(targetOf: head, into: &line)
            for number in [Int64(status.code), Int64(bytes), microseconds] {
                line.append(space)
                line.append(contentsOf: String(number).utf8)
            }
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
}
