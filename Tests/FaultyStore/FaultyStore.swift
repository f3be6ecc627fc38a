import CFaultyDisk
import Foundation

/// Opens a store, writes, and closes it, on a disk that fails. Usage:
///
///     faulty-store errors FOLDER TEMPLATE FAULT once|healed|lasting FIRST STRIDE
///     faulty-store dies FOLDER TEMPLATE FAULT CALL
///
/// `errors` lets every STRIDE-th call from the FIRST on fail, one after the other, each on a database of its own, and
/// says what does not hold, a line each: `violation: …`; at the end how many calls it has let fail, and which ones.
/// `dies` prints the title of each post once its write has been acknowledged, until the call that ends the process;
/// where there is no such call, how many there were. TEMPLATE is a database to begin with, or `-` for a new one.
@main
struct FaultyStore {
    /// So that some commits of a few posts are followed by a checkpoint.
    private static let checkpointPages: Int32 = 8

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 5, let fault = fault(arguments[3]) else {
            say("usage: see FaultyStore.swift")
            exit(2)
        }
        let folder = URL(fileURLWithPath: arguments[1])
        let template = arguments[2] == "-" ? nil : URL(fileURLWithPath: arguments[2])
        guard faulty_disk_install(checkpointPages) == 0 else { exit(3) }
        if arguments[0] == "dies" {
            guard let call = Int(arguments[4]) else { exit(2) }
            let trial = try Trial(folder: folder, template: template)
            faulty_disk_arm(fault, call, 0)
            await trial.run(.once) { say($0) }
            say("calls \(faulty_disk_calls())")
        } else {
            guard arguments.count == 7, let span = Trial.Span(rawValue: arguments[4]),
                let first = Int(arguments[5]), let stride = Int(arguments[6])
            else { exit(2) }
            try await errors(folder, template, fault, span, first, stride)
        }
    }

    private static func errors(
        _ folder: URL, _ template: URL?, _ fault: faulty_disk_fault, _ span: Trial.Span, _ first: Int,
        _ stride: Int
    ) async throws {
        var call = first
        var failed: [String: Int] = [:]
        while true {
            let place = folder.appending(path: "\(call)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            let trial = try Trial(folder: place, template: template)
            faulty_disk_arm(fault, call, span == .once ? 0 : 1)
            await trial.run(span) { _ in }
            let name = faulty_disk_failed().map { String(cString: $0) }
            faulty_disk_heal()
            await trial.check()
            try FileManager.default.removeItem(at: place)
            for violation in trial.violations {
                say("violation: \(name ?? "nothing") failed, call \(call): \(violation)")
            }
            guard let name else { break }
            failed[name, default: 0] += 1
            call += stride
        }
        say("failed \(failed.values.reduce(0, +))")
        for (name, count) in failed.sorted(by: { $0.key < $1.key }) { say("\(name): \(count)") }
    }

    private static func fault(_ name: String) -> faulty_disk_fault? {
        switch name {
        case "io": FAULTY_DISK_IO
        case "full": FAULTY_DISK_FULL
        case "short": FAULTY_DISK_SHORT
        case "lost": FAULTY_DISK_LOST
        case "kill": FAULTY_DISK_KILL
        case "power": FAULTY_DISK_POWER
        default: nil
        }
    }

    /// A line each, whole or not at all.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}
