import Synchronization

/// Shows the progress of a long piece of work while it goes on.
///
/// On a terminal it is one line, redrawn at most ten times a second; in a log it is a line for every 10 %.
/// It may be told of progress from any thread.
public final class ProgressBar<WorkClock: Clock>: Sendable where WorkClock.Duration == Duration {
    /// Where the progress is read.
    public enum Style: Sendable {
        /// By a person, in one line that is redrawn.
        case terminal
        /// In a file or by a program, in a new line each time.
        case log
    }

    /// The least time between two drawings on a terminal.
    static var redrawInterval: Duration { .milliseconds(100) }
    /// The least difference between two lines of a log, in per cent.
    static var logStep: Int { 10 }

    private struct State {
        var lastDrawn: WorkClock.Instant?
        var lastLoggedStep = 0
        var isFinished = false
    }

    private let total: Int
    private let unit: String
    private let style: Style
    private let clock: WorkClock
    private let start: WorkClock.Instant
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Begins to measure the time.
    ///
    /// - Parameters:
    ///   - total: units of work in all.
    ///   - unit: what is counted, in the plural, such as "posts".
    ///   - write: writes a text where progress is shown. Calls do not overlap.
    public init(
        total: Int, unit: String, style: Style, clock: WorkClock, write: @escaping @Sendable (String) -> Void
    ) {
        self.total = total
        self.unit = unit
        self.style = style
        self.clock = clock
        self.write = write
        start = clock.now
    }

    /// Reports that `done` units have been done in all. Cheap enough for every thousandth unit.
    public func update(done: Int) {
        let now = clock.now
        state.withLock { state in
            guard !state.isFinished else { return }
            let progress = progress(done: done, at: now)
            switch style {
            case .terminal:
                if let last = state.lastDrawn, last.duration(to: now) < Self.redrawInterval { return }
                state.lastDrawn = now
                draw(progress)
            case .log:
                let step = progress.percent / Self.logStep
                guard step > state.lastLoggedStep else { return }
                state.lastLoggedStep = step
                write(progress.summary + "\n")
            }
        }
    }

    /// Shows the final state and ends the line. Nothing is shown afterwards.
    ///
    /// - Parameter done: less than the total if the work was given up.
    public func finish(done: Int) {
        let now = clock.now
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            let progress = progress(done: done, at: now)
            switch style {
            case .terminal:
                draw(progress)
                write("\n")
            case .log:
                // The last step has been shown already if the work went to its end.
                if progress.percent / Self.logStep > state.lastLoggedStep || done < total {
                    write(progress.summary + "\n")
                }
            }
        }
    }

    private func progress(done: Int, at now: WorkClock.Instant) -> ProgressLine {
        ProgressLine(done: done, total: total, unit: unit, elapsed: start.duration(to: now))
    }

    private func draw(_ progress: ProgressLine) {
        // Back to the beginning of the line, and after the text, erase what a longer one left (ECMA-48 EL).
        write("\r\(progress.bar)\u{1B}[K")
    }
}

extension ProgressBar where WorkClock == ContinuousClock {
    /// A progress bar on standard error, in the style that suits what it is connected to.
    public convenience init(total: Int, unit: String) {
        self.init(
            total: total, unit: unit, style: StandardError.isTerminal ? .terminal : .log,
            clock: ContinuousClock(), write: StandardError.emit)
    }
}
