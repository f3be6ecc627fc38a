import Foundation
import TestSupport
import Testing

/// The shipped binary, tried with requests that are made from its own OpenAPI document.
@Suite struct RequestsFromTheDocumentTests {
    /// Requests of each operation, in each of several ways to make them. `make soak` makes 300, five times.
    private static let cases = 20
    /// Thousands of requests, whatever else runs.
    private static let patience = Patience.standard * 4

    @Test func everyAnswerIsOneThatTheDocumentAllows() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let child = try await ChildProcess.start(
            root.appending(path: "scripts/schemathesis").path,
            [ChildProcess.product("feed-server"), "\(Self.cases)"])
        let report = try await child.ended(patience: Self.patience)
        #expect(report.end == .exited(0), "\(report.output)\n\(report.errors)")
        #expect(report.output.contains("No issues found"))
    }
}
