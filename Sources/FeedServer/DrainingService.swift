import Logging
import ServiceLifecycle

/// Runs a server, and lets probes see that it is going away for a while before it does.
///
/// A load balancer goes on sending requests until its next probe: a server that stops accepting at
/// once would refuse them.
struct DrainingService: Service {
    let service: any Service
    /// How long the server still accepts connections after it was asked to stop.
    let delay: Duration
    let logger: Logger
    /// Called when it was asked to stop.
    let onDraining: @Sendable () -> Void
    /// Passes the time of ``delay``.
    var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    func run() async throws {
        let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
        // A group of its own, in a task that does not hear of this one's shutdown before the delay.
        let running = Task.detached { try await group.run() }
        let result = await withTaskGroup { tasks in
            tasks.addTask {
                do {
                    try await gracefulShutdown()
                    onDraining()
                    if delay > .zero { try await pause(delay) }
                    await group.triggerGracefulShutdown()
                } catch {
                    // Cancelled: the server has ended, or is being cancelled as well.
                }
            }
            let result = await withTaskCancellationHandler {
                await running.result
            } onCancel: {
                running.cancel()
            }
            // The delay ends with what it is for.
            tasks.cancelAll()
            return result
        }
        try result.get()
    }
}
