import BenchmarkReport
import ChildProcesses
import Foundation
import GRDBSQLite
import Subprocess
import SystemPackage

/// What the run is made on: what a reader needs to judge whether the figures are like those of a machine of theirs.
struct MachineSurvey {
    /// On whose file system the databases are.
    let folder: URL
    /// Whose revision is measured.
    let package: URL

    func describe() async -> MachineDescription {
        var versions: [String: String] = [:]
        // The driver in front of it leaves a temporary folder behind.
        versions["Swift"] = await first(["swift", "-frontend", "--version"], of: #"Swift version ([^ )]+)"#)
        versions["Redis"] = await first(["redis-server", "--version"], of: #"v=([^ ]+)"#)
        versions["wrk"] = await first(["sh", "-c", "wrk -v; true"], of: #"wrk (?:debian/)?([^ ]+)"#)
        versions["gnuplot"] = await first(["gnuplot", "--version"], of: "gnuplot ([0-9.]+)")
        versions["valgrind"] = await first(["valgrind", "--version"], of: "valgrind-([0-9.]+)")
        versions["FeedServer"] = await first(
            ["git", "-C", package.path, "describe", "--always", "--dirty"], of: "(.+)")
        versions["SQLite"] = String(cString: sqlite3_libversion())
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
        // What is not there, or does not say, has no version, and the report leaves it out.
        guard let regex = try? Regex(pattern) else { return nil }
        let output: String
        do {
            output = try await runChild(
                .name(command[0]), arguments: Array(command.dropFirst()), limit: .seconds(60))
        } catch let failure as ChildFailure {
            // wrk complains while it says its version.
            output = failure.reason
        } catch {
            return nil
        }
        guard let match = output.firstMatch(of: regex), match.count > 1 else { return nil }
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
