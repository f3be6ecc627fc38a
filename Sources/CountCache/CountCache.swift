public import Logging
public import Metrics
public import NIOCore
public import NIOPosix
public import ServiceLifecycle
import Synchronization

/// A total that is asked for often and counted seldom: remembered by the process, then by Redis, then counted once
/// for everyone.
///
/// - A count younger than the *soft* time to live is simply given. Between the soft and the *hard* one it is given
///   too, while one caller's closure counts again in the background. Past the hard one callers wait, at most
///   ``CountCacheConfiguration/wait``, and then get an old count, marked ``CountSource/stale``, or none.
/// - One process counts for all that share a Redis, by a lease. Without Redis each counts for itself.
/// - Counting takes at most its ``CountCacheConfiguration/share`` of one core.
/// - Whatever happens to Redis costs a miss, a metric and now and then a log line; it fails no call.
///
/// `docs/count-cache.md` says what is promised, and what is not, with Redis healthy, slow, away, restarted or full.
///
/// Redis is used while ``run()`` runs, which owns the connection. Before and after that, or without an address of
/// Redis, the cache counts in memory.
public final class CountCache: Service {
    /// Counts.
    ///
    /// It is called in a task of its own, without the caller's task-local values, because it serves all callers; it
    /// is not cancelled with any of them, but when it takes longer than ``CountCacheConfiguration/loadTimeLimit``,
    /// or when ``run()`` ends, which waits for it. `limit` is `nil` for all rows; otherwise it may stop as soon as it has counted so
    /// many.
    public typealias Load = @Sendable (_ limit: Int?) async throws -> Int

    typealias Engine = CountEngine<Load, CheckedContinuation<Count?, any Error>>

    private let engine: Mutex<Engine>
    private let redis: RedisClient?
    private let eventLoop: any EventLoop
    private let metrics: CountCacheMetrics
    private let troubles: TroubleReporter
    private let clock: MonotonicClock
    private let loads = Mutex<[UInt64: Task<Void, Never>]>([:])
    /// What Redis is being asked and told.
    private let dialogues = PendingWork()
    /// Timers of the flights that are under way.
    private let timers = Mutex<[UInt64: [Scheduled<Void>]]>([:])

    /// - Parameters:
    ///   - logger: hears of Redis going and coming back.
    ///   - metricsFactory: gets the metrics that `docs/count-cache.md` lists.
    ///   - eventLoopGroup: carries the connection to Redis, and the timers. It must outlive the cache.
    ///   - clock: for tests.
    ///   - random: for tests. Draws the jitter.
    /// - Throws: ``InvalidCountCacheConfiguration`` when a setting is out of its bounds.
    public init(
        configuration: CountCacheConfiguration,
        logger: Logger,
        metricsFactory: any MetricsFactory,
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
        clock: MonotonicClock = .system,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) throws(InvalidCountCacheConfiguration) {
        let rules = try configuration.rules()
        let metrics = CountCacheMetrics(factory: metricsFactory)
        let troubles = TroubleReporter(metrics: metrics, logger: logger, clock: clock)
        let eventLoop = eventLoopGroup.next()
        self.clock = clock
        self.metrics = metrics
        self.troubles = troubles
        self.eventLoop = eventLoop
        engine = Mutex(
            CountEngine(
                rules: rules, capacity: configuration.maxKeys, hasLeases: configuration.redis != nil,
                random: random))
        if let redis = configuration.redis {
            self.redis = try RedisClient(
                configuration: redis, eventLoop: eventLoop, logger: logger, troubles: troubles,
                metricsFactory: metricsFactory, random: random)
        } else {
            redis = nil
        }
    }

    /// Whether Redis is in use: for a health view. It is kept true without any calls, while ``run()`` runs.
    public var redisState: RedisState { redis?.state ?? .off }

    /// The count of a key as it is known now, however old. Never waits, in about a microsecond, so it may be called
    /// on an event loop. What is past its soft time to live, or not known, is counted in the background.
    ///
    /// - Parameters:
    ///   - cap: as in ``CountPolicy/capped(at:)``.
    ///   - load: counts, if that is to be done.
    /// - Returns: `nil` while nothing is known, or nothing younger than ``CountCacheConfiguration/maxStaleAge``.
    public func current(for key: CountKey, cap: Int? = nil, load: @escaping Load) -> Count? {
        switch ask(key, cap.map { .capped(at: $0) } ?? .cached, .now, load) {
        case .count(let count):
            metrics.answered(count)
            return count
        case .none, .wait, .waiting:
            metrics.unanswered()
            return nil
        }
    }

    /// The count of a key, from memory, from Redis, or by counting.
    ///
    /// - Parameter load: counts. Of all callers within this process and, by a lease, in all that share its Redis,
    ///   one's is called. A negative result is an error.
    /// - Returns: `nil` with ``CountPolicy/none``, and when no count was to be had in time, nor a stale one.
    /// - Throws: what `load` throws, to everyone who waited for it, unless there is a stale count to give;
    ///   `CancellationError` when the caller's task is cancelled.
    public func count(
        for key: CountKey, policy: CountPolicy = .cached, load: @escaping Load
    ) async throws -> Count? {
        if case .none = policy { return nil }
        switch ask(key, policy, .wouldWait, load) {
        case .count(let count):
            metrics.answered(count)
            return count
        case .none:
            metrics.unanswered()
            return nil
        case .wait, .waiting:
            return try await wait(key, policy, load)
        }
    }

    /// Keeps the connection to Redis until graceful shutdown or cancellation. Then it cancels what is being counted,
    /// waits for that, gives the leases back, and closes the connection. To be run by one task at a time; it may be
    /// run again.
    public func run() async throws {
        redis?.start()
        do {
            try await gracefulShutdown()
        } catch is CancellationError {
            // Cancellation ends a service too, and the connection has to be closed all the same.
        }
        engine.withLock { $0.isClosing = true }
        // What is asked and told takes a command timeout at most. Without it, others would wait for a lease that
        // nobody holds.
        repeat {
            let tasks = loads.withLock { Array($0.values) }
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
            await dialogues.wait()
        } while loads.withLock({ !$0.isEmpty }) || dialogues.count > 0
        await redis?.stop()
        engine.withLock { $0.isClosing = false }
    }

    /// How many callers wait for a key: tests know by it when all have come.
    func waiterCount(for key: CountKey) -> Int {
        engine.withLock { $0.waiterCount(for: key) }
    }

    /// What is under way: flights, running closures, and what Redis is being asked and told. Tests know by it that nothing is left behind.
    var workCount: Int {
        engine.withLock { $0.flightCount } + loads.withLock { $0.count } + dialogues.count
    }

    // MARK: Asking

    private func ask(
        _ key: CountKey, _ policy: CountPolicy, _ patience: Engine.Patience, _ load: @escaping Load
    ) -> Engine.Reply {
        let now = clock.now()
        var effects: [Engine.Effect] = []
        let reply = engine.withLock {
            $0.ask(key, policy, patience, loader: load, now: now, effects: &effects)
        }
        if !effects.isEmpty { perform(effects) }
        return reply
    }

    private func wait(_ key: CountKey, _ policy: CountPolicy, _ load: @escaping Load) async throws -> Count? {
        let number = engine.withLock { $0.nextNumber() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                join(key, policy, number, waiter, load)
            }
        } onCancel: {
            let waiter = engine.withLock { $0.leave(key, policy, number: number) }
            waiter?.resume(throwing: CancellationError())
        }
    }

    private func join(
        _ key: CountKey, _ policy: CountPolicy, _ number: UInt64,
        _ waiter: CheckedContinuation<Count?, any Error>, _ load: @escaping Load
    ) {
        let now = clock.now()
        var effects: [Engine.Effect] = []
        let reply = engine.withLock { engine -> Engine.Reply? in
            // The flag is set before `onCancel` runs. So either it is seen here, or `leave` finds the waiter.
            if Task.isCancelled { return nil }
            return engine.ask(
                key, policy, .waits(waiter, number: number), loader: load, now: now, effects: &effects)
        }
        perform(effects)
        switch reply {
        case nil: waiter.resume(throwing: CancellationError())
        case .count(let count): answer([waiter], .count(count))
        case .some(.none): answer([waiter], .none)
        case .wait, .waiting: break
        }
    }

    // MARK: Effects

    /// What belongs on the event loop goes there in one piece, because each change of threads takes as long as
    /// everything else together.
    private func perform(_ effects: [Engine.Effect]) {
        var onLoop: [Engine.Effect] = []
        for effect in effects {
            switch effect {
            case .answer(let waiters, let outcome): answer(waiters, outcome)
            case .load(let flight, let load, let limit): start(flight, load, limit)
            case .cancelLoad(let flight): loads.withLock { $0[flight] }?.cancel()
            case .note(let event): metrics.note(event)
            case .report(let trouble, let key, let error): report(trouble, key: key, error)
            case .wake: onLoop.append(effect)
            case .acquire, .fill, .release:
                // Counted at once, so that nobody takes it for done before it has begun.
                if redis != nil { dialogues.begin() }
                onLoop.append(effect)
            }
        }
        guard !onLoop.isEmpty else { return }
        if eventLoop.inEventLoop {
            performOnLoop(onLoop)
        } else {
            eventLoop.execute { [onLoop] in self.performOnLoop(onLoop) }
        }
    }

    private func performOnLoop(_ effects: [Engine.Effect]) {
        for effect in effects {
            switch effect {
            case .acquire(let flight, let request): acquire(flight, request)
            case .fill(let fill): tell(LeaseScripts.call(fill), key: fill.key)
            case .release(let release): tell(LeaseScripts.call(release), key: release.key)
            case .wake(let flight, let time): wake(flight, at: time)
            case .answer, .load, .cancelLoad, .note, .report: break
            }
        }
    }

    /// Tells the engine what happened to a flight, and does what follows from it.
    private func tell(
        _ flight: UInt64, _ happening: (inout Engine, Int64, inout [Engine.Effect]) -> Void
    ) {
        let now = clock.now()
        var effects: [Engine.Effect] = []
        let (known, isOver) = engine.withLock { engine in
            happening(&engine, now, &effects)
            return (engine.recordCount, !engine.isUnderWay(flight))
        }
        metrics.remembers(known)
        perform(effects)
        if isOver { cancelTimers(of: flight) }
    }

    private func cancelTimers(of flight: UInt64) {
        for timer in timers.withLock({ $0.removeValue(forKey: flight) }) ?? [] { timer.cancel() }
    }

    private func answer(_ waiters: [CheckedContinuation<Count?, any Error>], _ outcome: Engine.Outcome) {
        switch outcome {
        case .count(let count):
            metrics.answered(count, callers: waiters.count)
            for waiter in waiters { waiter.resume(returning: count) }
        case .none:
            metrics.unanswered(callers: waiters.count)
            for waiter in waiters { waiter.resume(returning: nil) }
        case .failure(let error):
            for waiter in waiters { waiter.resume(throwing: error) }
        }
    }

    private func start(_ flight: UInt64, _ load: @escaping Load, _ limit: Int?) {
        loads.withLock { loads in
            // Detached: it serves all callers, so it has none's task-local values.
            loads[flight] = Task.detached {
                let result: Result<Int, any Error>
                do {
                    result = .success(try await load(limit))
                } catch {
                    result = .failure(error)
                }
                self.tell(flight) { engine, now, effects in
                    engine.loaded(flight: flight, result: result, now: now, effects: &effects)
                }
                // Only now, so that `run()` waits for what follows from it.
                self.loads.withLock { $0[flight] = nil }
            }
        }
    }

    private func wake(_ flight: UInt64, at time: Int64) {
        let delay = max(0, time.saturatingSubtract(clock.now()))
        let timer = eventLoop.scheduleTask(in: .nanoseconds(delay)) {
            self.tell(flight) { engine, now, effects in
                engine.wake(flight: flight, now: now, effects: &effects)
            }
        }
        timers.withLock { $0[flight, default: []].append(timer) }
        // It may have ended before its timer was set.
        if !engine.withLock({ $0.isUnderWay(flight) }) { cancelTimers(of: flight) }
    }

    // MARK: Redis

    private func acquire(_ flight: UInt64, _ request: Lease.Request) {
        @Sendable func answered(_ answer: Lease.Answer?) {
            tell(flight) { engine, now, effects in
                engine.acquired(flight: flight, answer: answer, now: now, effects: &effects)
            }
        }
        guard let redis else { return answered(nil) }
        redis.run(LeaseScripts.call(request)) { reply in
            defer { self.dialogues.end() }
            guard let reply else { return answered(nil) }
            let (answer, troubles) = LeaseScripts.answer(reply)
            for trouble in troubles { self.report(trouble, key: request.key) }
            answered(answer)
        }
    }

    private func tell(_ call: RedisScriptCall, key: CountKey) {
        redis?.run(call) { reply in
            defer { self.dialogues.end() }
            guard let reply else { return }
            let (wasHolder, trouble) = LeaseScripts.wasHolder(reply)
            if let trouble { self.report(trouble, key: key) }
            if wasHolder == false { self.metrics.note(.leaseExpired) }
        }
    }

    private func report(_ trouble: CountCacheTrouble, key: CountKey, _ error: (any Error)? = nil) {
        switch trouble {
        case .value:
            troubles.report(trouble, key: key, "Redis holds a value that is no count; counting again")
        case .protocol:
            troubles.report(trouble, key: key, "Redis answers in another shape than the command's")
        case .load:
            troubles.report(trouble, key: key, "Counting failed", error)
        case .overdue:
            troubles.report(trouble, key: key, "Counting took longer than it may, and was cancelled")
        default:
            troubles.report(trouble, key: key, "Redis refuses a command")
        }
    }
}
