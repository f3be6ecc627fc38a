import Foundation
import ServiceLifecycle

/// Ends the process where its shutdown takes longer than it may, whatever hangs.
///
/// Until then everything is given its time: requests to be answered, and then, cancelled, to end.
struct ShutdownDeadline: Service {
    /// For what follows the requests' time: what was cancelled, and the last commit.
    private static let grace = Duration.seconds(10)
    /// How long the operator is told, at the most on each stream: that may be what hangs.
    private static let timeToTell = Duration.milliseconds(200)

    /// Seconds of the drain delay and of the requests' time.
    let requests: Duration

    func run() async throws {
        // It throws when it is cancelled: then all ends anyway, and may hang as well.
        try? await gracefulShutdown()
        let limit = (requests + Self.grace) / .seconds(1)
        // A thread, because what hangs may be all that tasks run on. It ends with the process.
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: limit)
            CommandFailure.write("the shutdown has taken more than \(Int(limit)) s and is ended")
            StandardStreams.flush(within: Self.timeToTell)
            _exit(EXIT_FAILURE)
        }
    }
}
