import CTestSupport
public import Foundation
import Synchronization

/// A program that a test has started, in a process group of its own.
///
/// Not by Foundation's `Process`, which watches descriptors by Dispatch and `select(2)`: with more than 1 024 of them,
/// or with children that are started at the same moment, the tests then crash or hang in a place that has nothing to do
/// with them. Here a child inherits no descriptor, its signals are as after a log-in, and whatever can wait is done
/// by threads of its own. The kernel kills it when this process ends in any way (`PR_SET_PDEATHSIG`, prctl(2)).
public final class ChildProcess: Sendable {
    /// How a process ended.
    public enum End: Sendable, Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// What can be seen of a process from outside.
    public struct Report: Sendable {
        fileprivate var outputBytes: [UInt8] = []
        fileprivate var errorBytes: [UInt8] = []
        fileprivate var openPipes = 2
        /// Nothing while it runs.
        public fileprivate(set) var end: End?

        /// What it has written to standard output.
        public var output: String { String(decoding: outputBytes, as: UTF8.self) }
        /// What it has written to standard error.
        public var errors: String { String(decoding: errorBytes, as: UTF8.self) }
        /// The lines of standard output that are there whole.
        public var lines: [Substring] {
            let text = output
            guard let last = text.lastIndex(of: "\n") else { return [] }
            return text[..<last].split(separator: "\n", omittingEmptySubsequences: false)
        }
        /// It has ended, and all that it wrote has been read.
        public var isComplete: Bool { end != nil && openPipes == 0 }
    }

    /// The program could not be started, or ended otherwise than it should.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    public let pid: Int32
    private let name: String
    private let input: Mutex<Int32?>
    private let state: Watched<Report>

    /// Lives as long as this process: what it has started is killed when it ends.
    private static let starter = TestThread(name: "starts children")

    private init(pid: Int32, name: String, input: Int32, state: Watched<Report>) {
        self.pid = pid
        self.name = name
        self.input = Mutex(input)
        self.state = state
    }

    deinit {
        kill()
        closeInput()
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name that the search path is looked through for.
    ///   - environment: all of it; this process's own where none is given.
    ///   - folder: where it runs.
    /// - Throws: ``Failure``. A program that is not there is one that has ended with status 127, and says so.
    public static func start(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        folder: URL? = nil
    ) async throws -> ChildProcess {
        let words = [executable] + arguments
        let variables = (environment ?? ProcessInfo.processInfo.environment)
            // A crash report of a child takes longer than it tells.
            .filter { $0.key != "SWIFT_BACKTRACE" }.map { "\($0)=\($1)" }
        let started = Watched<Result<ChildProcess, Failure>?>(nil) { _ in "it has not begun" }
        starter.run {
            let child = Result { () throws(Failure) in
                try spawn(words, variables, folder: folder?.path, name: executable)
            }
            started.update { $0 = child }
        }
        return try await started.take("the start of \(executable)") { $0 }.get()
    }

    /// Runs a program to its end, whatever that is.
    public static func run(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        folder: URL? = nil, input: String = ""
    ) async throws -> Report {
        let child = try await start(executable, arguments, environment: environment, folder: folder)
        // One that does not read has its reasons, and its end tells them.
        try? await child.write(input)
        child.closeInput()
        return try await child.ended()
    }

    /// A program that was built beside the tests.
    public static func product(_ name: String) throws -> String {
        guard let folder = Bundle.main.executableURL?.deletingLastPathComponent() else {
            throw Failure(description: "the tests do not know where they are")
        }
        return folder.appending(path: name).path
    }

    /// What it has written so far, and how it has ended.
    public var report: Report { state.value }

    /// Returns when something can be seen of it.
    ///
    /// - Throws: ``WaitFailure`` with its last output; ``Failure`` where it ends without.
    @discardableResult
    public func wait(
        for what: String, patience: Duration = Patience.standard,
        until isReady: @escaping @Sendable (Report) -> Bool
    ) async throws -> Report {
        let report = try await state.wait(for: "\(name): \(what)", patience: patience) {
            isReady($0) || $0.isComplete
        }
        guard isReady(report) else {
            throw Failure(description: "\(name) has ended without \(what): \(Self.summary(of: report))")
        }
        return report
    }

    /// Returns when it has ended by itself, and all that it wrote has been read.
    ///
    /// - Throws: ``WaitFailure`` with its last output.
    @discardableResult
    public func ended(patience: Duration = Patience.standard) async throws -> Report {
        try await state.wait(for: "the end of \(name)", patience: patience) { $0.isComplete }
    }

    /// Writes to its standard input.
    public func write(_ text: String) async throws {
        guard !text.isEmpty else { return }
        try await onThread("writing to \(name)") { [self] in
            try input.withLock { descriptor in
                guard let descriptor else { throw Failure(description: "\(name)'s input is closed") }
                var bytes = Array(text.utf8)[...]
                while !bytes.isEmpty {
                    // A pipe that nobody reads is an error here and no signal: see `spawn`.
                    let count = bytes.withUnsafeBytes {
                        Foundation.write(descriptor, $0.baseAddress, $0.count)
                    }
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else {
                        throw Failure(description: "\(name) does not read: errno \(errno)")
                    }
                    bytes = bytes.dropFirst(count)
                }
            }
        }
    }

    /// Its standard input ends.
    public func closeInput() {
        input.withLock { descriptor in
            if let open = descriptor { close(open) }
            descriptor = nil
        }
    }

    /// Sends a signal to it alone, unless it has ended.
    public func signal(_ number: Int32) {
        // Within the lock, because its number belongs to it until its end has been taken note of there.
        state.update { if $0.end == nil { _ = Foundation.kill(pid, number) } }
    }

    /// Kills it with all that it has started (SIGKILL), also where only that is left of it.
    public func kill() {
        state.update { if !$0.isComplete { _ = Foundation.kill(-pid, SIGKILL) } }
    }

    /// Kills it, and returns when it is gone.
    @discardableResult
    public func killed() async throws -> Report {
        kill()
        return try await ended()
    }

    private static func summary(of report: Report) -> String {
        let end = report.end.map { "\($0)" } ?? "running"
        // A crash says at its beginning why.
        let errors = report.errors
        let complaint = errors.count <= 1_500 ? errors : "\(errors.prefix(750)) … \(errors.suffix(750))"
        return "\(end) \(report.output.suffix(1_000)) \(complaint)"
    }

    // MARK: Starting

    /// Runs on ``starter``.
    private static func spawn(
        _ words: [String], _ variables: [String], folder: String?, name: String
    ) throws(Failure) -> ChildProcess {
        // Writing to a child that has ended is an error of the write.
        Foundation.signal(SIGPIPE, SIG_IGN)
        var pipes: [[Int32]] = []
        func closeAll() { for end in pipes.joined() { close(end) } }
        func failure(_ reason: Int32) -> Failure {
            closeAll()
            return Failure(description: "\(name) was not started: \(String(cString: strerror(reason)))")
        }
        for _ in 0..<3 {
            var ends: [Int32] = [0, 0]
            guard make_pipe(&ends) == 0 else { throw failure(errno) }
            pipes.append(ends)
        }
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for word in arguments + environment { free(word) } }
        let pid = start_child(arguments, environment, folder, [pipes[0][0], pipes[1][1], pipes[2][1]])
        guard pid > 0 else { throw failure(errno) }
        for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
        let state = Watched(Report(), describe: { summary(of: $0) })
        read(pipes[1][0], \.outputBytes, into: state)
        read(pipes[2][0], \.errorBytes, into: state)
        reap(pid, into: state)
        return ChildProcess(pid: pid, name: name, input: pipes[0][1], state: state)
    }

    private static func read(
        _ descriptor: Int32, _ bytes: any WritableKeyPath<Report, [UInt8]> & Sendable,
        into state: Watched<Report>
    ) {
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = Foundation.read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                state.update { $0[keyPath: bytes] += buffer[..<count] }
            }
            close(descriptor)
            state.update { $0.openPipes -= 1 }
        }
    }

    private static func reap(_ pid: Int32, into state: Watched<Report>) {
        Thread.detachNewThread {
            // Its number stays its own until it is taken note of: nobody sends a signal to another meanwhile.
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            state.update { report in
                var status: Int32 = 0
                waitpid(pid, &status, 0)
                let signal = status & 0x7F
                report.end = signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
            }
        }
    }
}
