import Synchronization

/// Bounds how many uploads are in memory: each user has one place, and all users together a few.
///
/// A place is taken before the first byte is read. Whoever sends slowly so keeps others waiting for no
/// more than the time that a body may take.
final class UploadPlaces: Sendable {
    /// Uploads at once. Each takes up to twice the largest file while it is gathered.
    static let maximum = 16

    private let users = Mutex<Set<Int64>>([])

    /// Runs `body` with a place for a user.
    ///
    /// - Throws: ``Problem/Code/rateLimited`` where the user has an upload under way,
    ///   ``Problem/Code/unavailable`` where there is no place.
    func withPlace<Result>(for userID: Int64, _ body: () async throws -> Result) async throws -> Result {
        let refusal: Problem? = users.withLock { users in
            if users.contains(userID) {
                return Problem(
                    code: .rateLimited, detail: "Another picture of yours is being uploaded. Wait for it.")
            }
            guard users.count < Self.maximum else {
                return Problem(code: .unavailable, detail: PictureError.busy.sentence)
            }
            users.insert(userID)
            return nil
        }
        if let refusal { throw refusal }
        defer { _ = users.withLock { $0.remove(userID) } }
        return try await body()
    }
}
