import Foundation

/// What a process and its descendants have used, read from `/proc` (proc(5)).
struct ProcessTree: Equatable, Sendable {
    struct Member: Equatable, Sendable {
        /// In clock ticks since the machine started: tells a process from a later one with its number.
        var start: UInt64
        /// User and system time, in clock ticks.
        var ticks: UInt64
    }

    private(set) var members: [Int32: Member]

    init(members: [Int32: Member]) {
        self.members = members
    }

    /// - Throws: when the process is not there, or has ended and is only not forgotten yet.
    init(root: Int32) throws {
        var all: [Int32: (parent: Int32, member: Member)] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let pid = Int32(name), let process = Self.read(pid) else { continue }
            all[pid] = process
        }
        guard let found = all[root] else { throw BenchmarkFailure("process \(root) has ended") }
        members = [root: found.member]
        var hasGrown = true
        while hasGrown {
            let children = all.filter { members[$0.value.parent] != nil && members[$0.key] == nil }
            for (pid, process) in children { members[pid] = process.member }
            hasGrown = !children.isEmpty
        }
    }

    /// CPU time since an earlier look, in microseconds.
    ///
    /// - Throws: when a process has come or gone since: its time would be missing.
    func microseconds(since earlier: ProcessTree) throws -> Double {
        guard members.mapValues(\.start) == earlier.members.mapValues(\.start) else {
            throw BenchmarkFailure("a process of the server has ended, or a new one has begun")
        }
        let total = members.values.reduce(0) { $0 + $1.ticks }
        let before = earlier.members.values.reduce(0) { $0 + $1.ticks }
        return Double(total - before) * 1_000_000 / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory of all of them, a page that several share divided among them (PSS), and the anonymous part of
    /// it, in mebibytes.
    ///
    /// - Throws: when one of them has ended.
    func memory() throws -> (resident: Double, anonymous: Double) {
        var resident = 0.0
        var anonymous = 0.0
        for pid in members.keys {
            for line in try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8).split(
                separator: "\n")
            {
                let words = line.split(whereSeparator: \.isWhitespace)
                guard words.count > 1, let kibibytes = Double(words[1]) else { continue }
                if words[0] == "Pss:" { resident += kibibytes / 1_024 }
                if words[0] == "Pss_Anon:" { anonymous += kibibytes / 1_024 }
            }
        }
        return (resident, anonymous)
    }

    /// `nil` for a process that is not there or has ended.
    private static func read(_ pid: Int32) -> (parent: Int32, member: Member)? {
        // A process may end while it is looked for.
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            // The name before it, in brackets, may hold spaces and brackets.
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let parent = Int32(fields[1]),
            let user = UInt64(fields[11]), let system = UInt64(fields[12]), let start = UInt64(fields[19])
        else { return nil }
        return (parent, Member(start: start, ticks: user + system))
    }
}
