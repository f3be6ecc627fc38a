import Foundation
import Testing

@testable import FeedServer

/// `docs/configuration.md` has every key, and no other.
struct ConfigurationDocumentTests {
    private let document: String

    init() throws {
        // This file lies in Tests/FeedServerTests.
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        document = try String(contentsOf: package.appending(path: "docs/configuration.md"), encoding: .utf8)
    }

    @Test(arguments: ConfigurationKey.all)
    func everyKeyHasItsRow(_ key: ConfigurationKey) throws {
        let row = try #require(rows.first { $0.first == "`\(key.argument)`" }, "\(key.argument) is missing")
        try #require(row.count == 4)
        #expect(row[1] == "`\(key.environmentVariable)`")
        #expect(row[2] == (key.standard.isEmpty ? "not set" : "`\(key.standard)`"))
        #expect(row[3] == key.help)
    }

    @Test func everyRowIsAKey() {
        let arguments = rows.compactMap(\.first).filter { $0.hasPrefix("`--") }
        #expect(arguments == ConfigurationKey.all.map { "`\($0.argument)`" })
    }

    @Test func everyVariableIsAKey() {
        let named = Set(document.matches(of: /FEED_[A-Z0-9_]+/).map { String($0.output) })
        #expect(named == Set(ConfigurationKey.all.map(\.environmentVariable)))
    }

    /// The cells of each line of a table.
    private var rows: [[String]] {
        document.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}
