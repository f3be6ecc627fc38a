import BenchmarkReport
import Foundation
import GRDB
import Subprocess
import SystemPackage

/// What the run is made on: what a reader needs to judge whether the figures are like those of a machine of theirs.
struct MachineSurvey {
    /// On whose file system the databases are.
    let folder: URL
    /// Whose revision is measured.
    let package: URL

    func describe(peer: Outcome<Peer>) async throws -> MachineDescription {
        var versions = try await peer.value?.versions() ?? [:]
        versions["Swift"] = await first(["swift", "--version"], of: #"Swift version ([^ )]+)"#)
        versions["Redis"] = await first(["redis-server", "--version"], of: #"v=([^ ]+)"#)
        versions["wrk"] = await first(["wrk", "-v"], of: #"wrk (?:debian/)?([^ ]+)"#)
        versions["FeedServer"] = await first(
            ["git", "-C", package.path, "describe", "--always", "--dirty"], of: "(.+)")
        versions["SQLite"] = try await DatabaseQueue().read { db in
            try String.fetchOne(db, sql: "SELECT sqlite_version()")
        }
        return MachineDescription(
            processor: Self.value(of: "model name", in: "/proc/cpuinfo") ?? "unknown",
            cores: ProcessInfo.processInfo.activeProcessorCount,
            memory: Double(ProcessInfo.processInfo.physicalMemory) / 1_048_576,
            system: Self.value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? "unknown",
            kernel: await first(["uname", "-sr"], of: "(.+)") ?? "unknown",
            fileSystem: await first(["stat", "-f", "-c", "%T", folder.path], of: "(.+)") ?? "unknown",
            versions: versions)
    }

    /// The first group of a pattern in what a program prints; `nil` when there is no such program.
    private func first(_ command: [String], of pattern: String) async -> String? {
        // What is not there has no version, and the report leaves it out.
        guard let regex = try? Regex(pattern),
            let result = try? await run(
                .name(command[0]), arguments: Arguments(Array(command.dropFirst())),
                output: .string(limit: 1 << 16), error: .combinedWithOutput),
            let match = result.standardOutput.firstMatch(of: regex), match.count > 1
        else { return nil }
        return match[1].substring.map(String.init)
    }

    /// A value in a file of lines with a name, a separator and a value.
    private static func value(of name: String, in file: String, separator: Character = ":") -> String? {
        // Every Linux has these files; another system has none to tell of.
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        let value = line?.split(separator: separator, maxSplits: 1).last
        return value?.trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
    }
}
