import Synchronization

/// Bounds how many pictures of one user, and of one address, are made at a time: who may wait for that in all, and who
/// gives way, is ``PortraitMaker``'s.
///
/// A place is taken when the whole file has come. Until then it costs nothing but its bytes, which a ``BodyBudget``
/// bounds: whoever sends slowly, from however many accounts and addresses, keeps nobody from a place.
final class UploadPlaces: Sendable {
    /// Pictures of one address; an IPv6 network of 64 bits is one.
    static let maximumForClient = 4

    /// Who has a place, and from where.
    private let users = Mutex<[Int64: ClientAddress]>([:])

    /// Runs `body` with a place for a user.
    ///
    /// - Throws: ``Problem/Code/rateLimited`` where a picture of the user is being made, or as many of the client's
    ///   address as it may have.
    func withPlace<Result>(
        for userID: Int64, from client: ClientAddress, _ body: () async throws -> Result
    ) async throws -> Result {
        let network = client.network
        let refusal: Problem? = users.withLock { users in
            if users[userID] != nil {
                return Problem(
                    code: .rateLimited, detail: "Another picture of yours is being made. Wait for it.")
            }
            guard users.values.count(where: { $0 == network }) < Self.maximumForClient else {
                return Problem(
                    code: .rateLimited,
                    detail: "Too many pictures are being made for this address. Wait for them.")
            }
            users[userID] = network
            return nil
        }
        if let refusal { throw refusal }
        defer { _ = users.withLock { $0.removeValue(forKey: userID) } }
        return try await body()
    }
}
