import CVips
import CountCache
import FeedStore
import Metrics

/// What this program is made of: its own version, and those of the libraries whose faults are its faults, too.
///
/// BoringSSL is compiled into the program, by swift-crypto and swift-nio-ssl, and has no version to ask for:
/// `make audit` tells those of the packages.
public enum BuildInfo {
    public struct Part: Sendable, Hashable {
        public var name: String
        public var version: String
    }

    /// The version of the project. The OpenAPI document repeats it.
    public static let version = "0.1.0"

    /// The Swift runtime and the system's libraries, as this process has loaded them.
    public static var parts: [Part] {
        [
            Part(name: "swift", version: "\(_SwiftStdlibVersion.current)"),
            Part(name: "sqlite", version: SQLiteStore.libraryVersion),
            Part(name: "hiredis", version: CountCache.libraryVersion),
            Part(name: "vips", version: (0..<3).map { "\(vips_version(Int32($0)))" }.joined(separator: ".")),
            Part(
                name: "glib",
                version: "\(glib_major_version).\(glib_minor_version).\(glib_micro_version)"),
            Part(name: "webp", version: webpVersion(WebPGetDecoderVersion())),
        ]
    }

    /// For `--version`: the project's version alone in the first line, then a line for each part.
    public static var text: String {
        ([version] + parts.map { "\($0.name) \($0.version)" }).joined(separator: "\n")
    }

    /// Adds the gauge `feed_server_build_info`, which is 1 and has a label for each version: a way to find the servers
    /// that still run with an old library.
    static func register(in registry: PrometheusRegistry) {
        let name = "feed_server_build_info"
        registry.describe(name, "1, with the versions of the server and of what it is linked with.")
        let versions = [("version", version)] + parts.map { ($0.name, $0.version) }
        Gauge(label: name, dimensions: versions, factory: registry).record(1)
    }

    /// Three numbers in one, a byte each.
    private static func webpVersion(_ number: Int32) -> String {
        "\(number >> 16 & 0xff).\(number >> 8 & 0xff).\(number & 0xff)"
    }
}
