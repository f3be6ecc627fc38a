import Foundation
import Testing

/// `SECURITY.md` says where each defence is, and which test shows it: a file that is moved takes its line along.
struct SecurityDocumentTests {
    @Test func everyFileThatIsNamedIsThere() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try String(contentsOf: package.appending(path: "SECURITY.md"), encoding: .utf8)
        let paths = document.matches(of: /`((?:Sources|Tests|scripts)\/[^`]+)`/).map { String($0.1) }
        #expect(paths.count >= 90)
        for path in paths {
            #expect(FileManager.default.fileExists(atPath: package.appending(path: path).path), "\(path)")
        }
        // Each defence has a place and a test.
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("|") && $0.contains("`Sources/") }
        #expect(rows.count >= 34)
        for row in rows { #expect(row.contains("`Tests/"), "\(row)") }
    }
}
