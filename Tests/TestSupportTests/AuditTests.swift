import Foundation
import TestSupport
import Testing

/// `scripts/audit`: a security fix that is not installed is a failure, and what can't be asked is said. The system's
/// tools are scripts that say what these would say.
@Suite struct AuditTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/audit").path

    private static let main = "http://deb.debian.org/debian bookworm/main amd64 Packages"
    private static let security =
        "http://deb.debian.org/debian-security bookworm-security/main amd64 Packages"

    /// - Parameters:
    ///   - versions: that apt knows, the newest first, with their origins.
    ///   - tools: further scripts, or other ones.
    private func audit(
        installed: String, versions: [(version: String, origin: String)],
        origins: [String] = [main, security],
        tools: [String: String] = [:]
    ) async throws -> ChildProcess.Report {
        let folder = try TemporaryFolder()
        let table = versions.map { " \($0 == installed ? "***" : "   ") \($0) 500\n        500 \($1)\n" }
            .joined()
        let scripts = [
            "ldd": "printf '\\tlibfake.so.1 => /usr/lib/libfake.so.1 (0x1)\\n\\t/opt/libown.so (0x2)\\n'",
            "dpkg": """
            case $1 in
            -S) echo 'libfake1:amd64: /usr/lib/libfake.so.1' ;;
            --compare-versions) [ "$2" \\> "$4" ] ;;
            esac
            """,
            "apt-cache": """
            if [ $# = 1 ]; then printf ' 500 %s\\n' \(origins.map { "'\($0)'" }.joined(separator: " ")); exit; fi
            printf 'libfake1:\\n  Installed: \(installed)\\n  Candidate: \(installed)\\n  Version table:\\n%s' '\(table)'
            """,
        ].merging(tools) { $1 }
        for (name, body) in scripts {
            try "#!/bin/sh\n\(body)\n".write(toFile: folder.path(name), atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: folder.path(name))
        }
        let resolved = folder.path("Package.resolved")
        try #"{"pins":[{"identity":"swift-crypto","state":{"version":"4.5.2"}}]}"#
            .write(toFile: resolved, atomically: false, encoding: .utf8)
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = "\(folder.url.path):\(environment["PATH"] ?? "/usr/bin:/bin")"
        let report = try await ChildProcess.run(
            Self.script, [folder.path("ldd"), resolved], environment: environment)
        withExtendedLifetime(folder) {}
        return report
    }

    @Test func whatHasNoFixPassesAndSaysWhatItIsMadeOf() async throws {
        let report = try await audit(
            installed: "1.2", versions: [("1.2", Self.main), ("1.1", Self.security)])
        #expect(report.end == .exited(0))
        for part: Substring in ["  libfake1 1.2", "  /opt/libown.so", "  swift-crypto 4.5.2"] {
            #expect(report.lines.contains(part))
        }
        #expect(report.output.contains("Not asked:\n  1 libraries of no Debian package"))
    }

    @Test func aFixThatIsNotInstalledIsAFailure() async throws {
        let report = try await audit(
            installed: "1.1", versions: [("1.2", Self.security), ("1.1", Self.main)])
        #expect(report.end == .exited(1))
        #expect(report.output.contains("libfake1 1.1 has a security fix: 1.2"))
        #expect(report.lines.last == "audit: apt-get install --only-upgrade libfake1")
    }

    /// A newer version alone may be anything.
    @Test func anUpgradeOfAnotherOriginIsNone() async throws {
        let report = try await audit(installed: "1.1", versions: [("1.2", Self.main), ("1.1", Self.main)])
        #expect(report.end == .exited(0))
    }

    /// A check that can't fail would pass.
    @Test func withoutASecurityOriginNothingIsKnown() async throws {
        let report = try await audit(
            installed: "1.1", versions: [("1.1", Self.main)], origins: [Self.main])
        #expect(report.end == .exited(2))
        #expect(report.output.contains("no list of a security origin"))
    }

    @Test func theTrackerIsAskedWhereItCanBe() async throws {
        let versions = [("1.1", Self.main)]
        let hole = try await audit(
            installed: "1.1", versions: versions,
            tools: ["debsecan": "echo 'CVE-2026-1 libfake1 (fixed)'; echo 'CVE-2026-2 other'"])
        #expect(hole.end == .exited(0) && hole.lines.contains("  CVE-2026-1 libfake1 (fixed)"))
        #expect(!hole.output.contains("CVE-2026-2"))
        let away = try await audit(
            installed: "1.1", versions: versions, tools: ["debsecan": "echo 'no network' >&2; exit 1"])
        #expect(away.output.contains("Debian's security tracker") && away.output.contains("no network"))
    }
}
