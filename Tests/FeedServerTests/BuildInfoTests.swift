import CFeedResources
import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// Which version this is, and of what it is made.
struct BuildInfoTests {
    @Test func theDocumentHasTheVersion() throws {
        let document = try JSONValue(json: Data(FeedResource.openapi_json.bytes))
        #expect(document["info"]["version"].text == BuildInfo.version)
    }

    @Test func everyPartHasAVersion() {
        #expect(BuildInfo.parts.map(\.name) == ["swift", "sqlite", "hiredis", "vips", "glib", "webp"])
        for part in BuildInfo.parts {
            let numbers = part.version.split(separator: ".").map { Int($0) }
            #expect(numbers.count == 3 && !numbers.contains(nil) && numbers != [0, 0, 0], "\(part)")
        }
    }

    @Test func theMetricsTellTheVersions() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(database: folder.path("feed.sqlite")) { server in
            let metrics = try await server.get("/metrics").bodyText
            let lines = metrics.split(separator: "\n").filter { $0.hasPrefix("feed_server_build_info") }
            let line = try #require(lines.first)
            #expect(lines.count == 1 && line.hasSuffix("} 1"))
            #expect(line.contains("version=\"\(BuildInfo.version)\""))
            for part in BuildInfo.parts { #expect(line.contains("\(part.name)=\"\(part.version)\"")) }
        }
    }
}
