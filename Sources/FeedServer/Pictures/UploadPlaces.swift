import Synchronization

/// Bounds how many uploads are in memory: each user has one place, each address some, and all together a few more.
///
/// A place is taken before the first byte is read. Whoever sends slowly keeps it for no more than the time that a body
/// may take, and can come again: so one address has a part of the places only, whatever accounts it has.
final class UploadPlaces: Sendable {
    /// Uploads at once. Each takes up to twice the largest file while it is gathered.
    static let maximum = 16

    /// Of them, those of one address; an IPv6 network of 64 bits is one.
    static let maximumForClient = maximum / 4

    /// Who has a place, and from where.
    private let users = Mutex<[Int64: ClientAddress]>([:])

    /// Runs `body` with a place for a user.
    ///
    /// - Throws: ``Problem/Code/rateLimited`` where the user has an upload under way, or the client's address as many
    ///   as it may have; ``Problem/Code/unavailable`` where there is no place.
    func withPlace<Result>(
        for userID: Int64, from client: ClientAddress, _ body: () async throws -> Result
    ) async throws -> Result {
        let network = client.network
        let refusal: Problem? = users.withLock { users in
            if users[userID] != nil {
                return Problem(
                    code: .rateLimited, detail: "Another picture of yours is being uploaded. Wait for it.")
            }
            guard users.values.count(where: { $0 == network }) < Self.maximumForClient else {
                return Problem(
                    code: .rateLimited,
                    detail: "Too many pictures are being uploaded from this address. Wait for them.")
            }
            guard users.count < Self.maximum else {
                return Problem(code: .unavailable, detail: PictureError.busy.sentence)
            }
            users[userID] = network
            return nil
        }
        if let refusal { throw refusal }
        defer { _ = users.withLock { $0.removeValue(forKey: userID) } }
        return try await body()
    }
}
