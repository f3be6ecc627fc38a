extension CountEngine {
    /// A caller that waits.
    struct Caller {
        let number: UInt64
        let waiter: Waiter
        let loader: Loader
        let deadline: Int64
    }

    /// The work for one key, and who waits for it.
    struct Flight {
        enum Stage {
            case asking(since: Int64, token: String)
            /// Another process counts; Redis is asked again then.
            case holding(until: Int64)
            case loading(began: Int64, lease: String?)
            /// Took longer than it may and was told to stop.
            case overdue(began: Int64)
        }

        let number: UInt64
        let key: CountKey
        /// For ``CountPolicy/exact``.
        let isExact: Bool
        let loader: Loader
        var stage = Stage.asking(since: 0, token: "")
        /// In the order of their deadlines: all wait equally long.
        var waiters: [Caller] = []
        /// Came after an exact count had begun, and share the one after it.
        var next: [Caller] = []
        /// Wakes that have been asked for and have not come, the soonest first.
        private var wakes: [Int64] = []
        private var pollDelay = CountRules.firstPollDelay

        init(number: UInt64, key: CountKey, isExact: Bool, loader: Loader) {
            self.number = number
            self.key = key
            self.isExact = isExact
            self.loader = loader
        }

        /// Between half of the delay and all of it, so that processes fall out of step.
        mutating func nextPollDelay(random: inout any RandomNumberGenerator & Sendable) -> Int64 {
            defer { pollDelay = min(pollDelay * 2, CountRules.maxPollDelay) }
            return Int64.random(in: (pollDelay / 2)...pollDelay, using: &random)
        }

        mutating func removeCaller(_ number: UInt64) -> Waiter? {
            if let index = waiters.firstIndex(where: { $0.number == number }) {
                return waiters.remove(at: index).waiter
            }
            if let index = next.firstIndex(where: { $0.number == number }) {
                return next.remove(at: index).waiter
            }
            return nil
        }

        mutating func removeCallers(until now: Int64) -> [Waiter] {
            let late = waiters.prefix { $0.deadline <= now }
            let lateNext = next.prefix { $0.deadline <= now }
            waiters.removeFirst(late.count)
            next.removeFirst(lateNext.count)
            return (late + lateNext).map(\.waiter)
        }

        /// A wake has come. It stands for the soonest, whichever it was: so there are never more on their way than
        /// have been asked for, and one that comes too early is asked for again.
        mutating func wakeCame() {
            if !wakes.isEmpty { wakes.removeFirst() }
        }

        /// - Returns: when a wake is needed that is not on its way already; it is taken to be asked for.
        mutating func missingWake(rules: CountRules) -> Int64? {
            guard let time = nextWake(rules: rules) else { return nil }
            if let soonest = wakes.first, soonest <= time { return nil }
            wakes.insert(time, at: 0)
            return time
        }

        private func nextWake(rules: CountRules) -> Int64? {
            let own: Int64? =
                switch stage {
                case .asking, .overdue: nil
                case .holding(let until): until
                case .loading(let began, _): began + rules.loadTimeLimit
                }
            return [own, waiters.first?.deadline, next.first?.deadline].compactMap { $0 }.min()
        }
    }
}
