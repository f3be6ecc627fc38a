import FeedStore
import Synchronization

/// Notes in the store when sessions are used, seldom: reading a page is not to be a write.
///
/// Of one session, one use in ``interval`` is written, by one request. When that fails nothing is written for
/// ``pause``: while the store can't write, pages are read as before.
final class SessionUses: Sendable {
    /// Microseconds.
    static let interval: Int64 = 3_600 * 1_000_000
    /// Microseconds.
    static let pause: Int64 = 60 * 1_000_000

    private struct State {
        /// Sessions whose use is being written: at most one for each request.
        var underWay: Set<[UInt8]> = []
        var failedAt: Timestamp?
    }

    private let state = Mutex(State())

    /// - Parameter write: keeps `now` as the time of the session's last use.
    func note(_ session: UserSession, now: Timestamp, write: () async throws -> Void) async {
        guard now.microseconds - session.lastUsedAt.microseconds >= Self.interval, begin(session.id, now)
        else { return }
        do {
            try await write()
            end(session.id, failedAt: nil)
        } catch {
            // The time is for its owner to look at, and nothing depends on it.
            end(session.id, failedAt: now)
        }
    }

    private func begin(_ id: [UInt8], _ now: Timestamp) -> Bool {
        state.withLock { state in
            if let failedAt = state.failedAt,
                (0..<Self.pause).contains(now.microseconds - failedAt.microseconds)
            {
                return false
            }
            return state.underWay.insert(id).inserted
        }
    }

    private func end(_ id: [UInt8], failedAt: Timestamp?) {
        state.withLock { state in
            state.underWay.remove(id)
            state.failedAt = failedAt
        }
    }
}
