public import Foundation

/// Starts programs, one at a time and with a clean signal mask.
///
/// A thread of Swift's concurrency blocks signals, SIGTERM among them, and a child inherits the mask of
/// the thread that starts it: it could then not be asked to stop. And Foundation knows by a socket in the
/// child that it has ended, which every other child inherits that is started in that moment: the end of
/// the one would then be noticed at the end of the other, and two could wait for each other for ever.
public enum ChildProcess {
    private static let lock = NSLock()

    public static func run(_ process: Process) throws {
        lock.lock()
        defer { lock.unlock() }
        var none = sigset_t()
        var previous = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        try process.run()
    }

    /// Waits for the end of a process without holding a thread of Swift's concurrency.
    public static func end(of process: Process) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                process.waitUntilExit()
                continuation.resume()
            }
        }
    }

    /// A program that was built beside the tests.
    public static func product(_ name: String) throws -> URL {
        guard let folder = Bundle.main.executableURL?.deletingLastPathComponent() else {
            throw CocoaError(.fileNoSuchFile)
        }
        return folder.appending(path: name)
    }
}
