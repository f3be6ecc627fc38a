import Foundation

/// Where a process listens, asked of the kernel: for one that can't say it.
enum ListeningPort {
    /// - Returns: `nil` where it listens on no IPv4 address, or not yet.
    static func of(_ process: Int32) -> Int? {
        let folder = "/proc/\(process)/fd"
        // It may be gone, and a descriptor closed while it is looked at.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let sockets = Set(
            names.compactMap { name -> Substring? in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
                return target?.firstMatch(of: /socket:\[(\d+)\]/)?.1
            })
        let table = (try? String(contentsOfFile: "/proc/\(process)/net/tcp", encoding: .utf8)) ?? ""
        for line in table.split(separator: "\n").dropFirst() {
            // proc_net_tcp(5): number, local address, remote address, state, …, and inode as the tenth.
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", sockets.contains(fields[9]) else { continue }
            return fields[1].split(separator: ":").last.flatMap { Int($0, radix: 16) }
        }
        return nil
    }
}
