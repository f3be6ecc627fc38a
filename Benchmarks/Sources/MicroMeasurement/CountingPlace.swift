import ChildProcesses
import Subprocess

/// What a number of instructions depends on besides the program.
public struct CountingPlace: Codable, Equatable, Sendable, CustomStringConvertible {
    public var swift: String
    public var valgrind: String
    /// Of the processor: "x86_64".
    public var architecture: String

    public init(swift: String, valgrind: String, architecture: String) {
        self.swift = swift
        self.valgrind = valgrind
        self.architecture = architecture
    }

    public var description: String { "Swift \(swift), valgrind \(valgrind), \(architecture)" }

    /// This machine; what it does not have is "none".
    static func current() async throws -> CountingPlace {
        CountingPlace(
            // The driver in front of it leaves a temporary folder behind.
            swift: try await word(after: "version", in: ["swift", "-frontend", "--version"]),
            valgrind: try await word(after: nil, in: ["valgrind", "--version"]),
            architecture: try await word(after: nil, in: ["uname", "-m"]))
    }

    private static func word(after mark: String?, in command: [String]) async throws -> String {
        do {
            let output = try await runChild(
                .name(command[0]), arguments: Array(command.dropFirst()), limit: .seconds(60))
            let words = output.split(whereSeparator: \.isWhitespace)
            let start = mark.flatMap { words.firstIndex(of: $0[...]) }.map { $0 + 1 } ?? 0
            return words.indices.contains(start) ? String(words[start]) : "none"
        } catch let error as SubprocessError where error.code == .executableNotFound {
            return "none"
        }
    }
}
