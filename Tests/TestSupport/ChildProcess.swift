public import Foundation

/// Starts a program with a clean signal mask.
///
/// A thread of Swift's concurrency blocks signals, SIGTERM among them, and a child inherits the mask of
/// the thread that starts it: it could then not be asked to stop.
public enum ChildProcess {
    public static func run(_ process: Process) throws {
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
