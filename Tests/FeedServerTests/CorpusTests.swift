import Foundation
import Testing

/// The inputs that the fuzzer began with and found worth keeping: see Tests/Fuzzing.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Corpus", directoryHint: .isDirectory)

    @Test(arguments: ServerFuzzProperty.allCases)
    func holds(property: ServerFuzzProperty) async throws {
        let inputs = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appending(path: property.rawValue), includingPropertiesForKeys: nil)
        #expect(!inputs.isEmpty)
        for input in inputs {
            let bytes = try Array(Data(contentsOf: input))
            #expect(throws: Never.self, "\(property.rawValue)/\(input.lastPathComponent)") {
                try property.check(bytes)
            }
            await Task.yield()
        }
    }
}
