import Logging
import ServiceLifecycle

/// What takes long and must not hold up the feed: hashing passwords, making pictures, files. Each has
/// threads of its own, a few, and a bound to what may wait for them.
///
/// As a service it removes, once, what an earlier crash has left among the pictures, and ends its
/// threads when the server has ended.
struct Workshop: Service {
    var passwords: PasswordHasher
    let portraits: PortraitMaker
    let pictures: PictureFolder
    /// Whether there are any users. Where there is none, the database may be the wrong one, and no
    /// picture is removed.
    let hasUsers: @Sendable () async throws -> Bool
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                if try await hasUsers() { try await pictures.sweep() }
            }
        } catch is CancellationError {
            // What is left is swept at the next start.
        } catch {
            logger.warning("pictures that nobody has can't be removed: \(error)")
        }
        // The framework ends its services in the opposite order: no request is left by then.
        try? await gracefulShutdown()  // It throws when it is cancelled, which means the same here.
        try await passwords.close()
        try await portraits.close()
        try await pictures.close()
    }
}
