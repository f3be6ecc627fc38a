import Dispatch

/// A thread of its own for a task that blocks: on the shared ones it would stand in the way of the server that it waits
/// for, where both are in one process.
final class ThreadExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "benchmark.thread")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
