import CSandbox
import Foundation
import Synchronization

/// A picture worker that has been started. One thread talks to it; any may kill it.
///
/// It is talked to by a pair of sockets, because writing to one whose other end is gone is an error, and no
/// signal as with a pipe.
final class PictureWorkerProcess: Sendable {
    /// Why there is no answer.
    enum Failure: Error, Equatable, CustomStringConvertible {
        /// The system's reason.
        case notStarted(Int32)
        /// It has ended, by itself or because it was killed.
        case ended
        case deadline
        /// What it says is not what may come next. It says anything once somebody has taken it over.
        case nonsense(String)

        var description: String {
            switch self {
            case .notStarted(let reason): "it was not started: \(String(cString: strerror(reason)))"
            case .ended: "it has ended"
            case .deadline: "it has not answered in time"
            case .nonsense(let what): "it says \(what)"
            }
        }
    }

    /// What it may find its libraries by; it gets no other variable.
    private static let inherited = "LD_LIBRARY_PATH"

    /// Its own name, for the operator; not a name to do anything with, which only ``kill()`` may.
    let processID: pid_t
    private let socket: Int32
    private let state = Mutex(State())

    private struct State {
        var wasKilled = false
        /// Its number may be another's from then on.
        var wasReaped = false
    }

    /// Blocks until the program runs. The kernel kills the worker when the calling thread ends.
    init(_ program: PictureWorkerProgram) throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .notStarted(errno)
        }
        let environment = getenv(Self.inherited).map { ["\(Self.inherited)=\(String(cString: $0))"] } ?? []
        let (words, variables) = (Self.strings(program.arguments), Self.strings(environment))
        let child = sandbox_start(program.path, words, variables, ends[1])
        let reason = errno
        for word in words + variables { free(word) }
        close(ends[1])
        guard child > 0 else {
            close(ends[0])
            throw .notStarted(reason)
        }
        (processID, socket) = (child, ends[0])
    }

    deinit {
        end()
        close(socket)
    }

    private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { strdup($0) } + [nil]
    }

    /// Kills it with all that it has started; whoever waits for its answer learns of it at once.
    func kill() {
        state.withLock { state in
            state.wasKilled = true
            if !state.wasReaped { _ = Foundation.kill(-processID, SIGKILL) }
        }
    }

    /// Kills it, and returns when it is gone.
    ///
    /// - Returns: how it ended; `nil` where it was gone before.
    @discardableResult
    func end() -> String? {
        kill()
        guard !state.withLock({ $0.wasReaped }) else { return nil }
        // Its number stays its own until it is taken note of within the lock.
        var info = siginfo_t()
        while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return state.withLock { state in
            var status: Int32 = 0
            guard !state.wasReaped, waitpid(processID, &status, 0) == processID else { return nil }
            state.wasReaped = true
            let signal = status & 0x7f
            return signal == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(signal)"
        }
    }

    // MARK: Talking

    /// Whether it is there and silent, as it has to be before it is sent a picture.
    var isIdle: Bool {
        var events = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return !state.withLock { $0.wasKilled } && poll(&events, 1, 0) == 0
    }

    /// Sends a message as a whole.
    func send(
        _ kind: PictureMessage.Kind, _ bytes: [UInt8], by deadline: ContinuousClock.Instant
    ) throws(Failure) {
        try send(PictureMessage.head(kind, bytes.count), by: deadline)
        try send(bytes, by: deadline)
    }

    private func send(_ bytes: [UInt8], by deadline: ContinuousClock.Instant) throws(Failure) {
        var done = 0
        while done < bytes.count {
            try wait(for: POLLOUT, until: deadline)
            let sent = bytes.withUnsafeBytes {
                Foundation.send(
                    socket, $0.baseAddress?.advanced(by: done), bytes.count - done,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if sent < 0 {
                guard errno == EINTR || errno == EAGAIN else { throw .ended }
            } else {
                done += sent
            }
        }
    }

    /// Receives a message as a whole.
    ///
    /// - Parameter bound: its bytes, at the most, by its kind; `nil` for one that may not come now.
    func receive(
        by deadline: ContinuousClock.Instant, bound: (PictureMessage.Kind) -> Int?
    ) throws(Failure) -> (kind: PictureMessage.Kind, bytes: [UInt8]) {
        let head = try receive(PictureMessage.headLength, by: deadline)
        guard let (kind, count) = PictureMessage.readHead(head) else { throw .nonsense("what is no message") }
        guard let bound = bound(kind) else { throw .nonsense("\(kind), which may not come now") }
        guard count <= bound else { throw .nonsense("\(kind) of \(count) bytes") }
        return (kind, try receive(count, by: deadline))
    }

    private func receive(_ count: Int, by deadline: ContinuousClock.Instant) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            try wait(for: POLLIN, until: deadline)
            let received = bytes.withUnsafeMutableBytes {
                recv(
                    socket, $0.baseAddress?.advanced(by: done), count - done, Int32(MSG_DONTWAIT))
            }
            if received < 0 {
                guard errno == EINTR || errno == EAGAIN else { throw .ended }
            } else {
                guard received > 0 else { throw .ended }
                done += received
            }
        }
        return bytes
    }

    private func wait(for events: Int32, until deadline: ContinuousClock.Instant) throws(Failure) {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .deadline }
            var events = pollfd(fd: socket, events: Int16(events), revents: 0)
            // Rounded up; a bound that poll(2) takes.
            let milliseconds = Int32(min(left / .milliseconds(1) + 1, 60_000))
            if poll(&events, 1, milliseconds) > 0 { return }
        }
    }
}
