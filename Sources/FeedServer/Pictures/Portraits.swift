import FeedStore
import Logging

/// The pictures of users: made from what they upload, kept, and removed when nobody has them any more.
struct Portraits: Sendable {
    let store: any AccountStore
    let maker: PortraitMaker
    let folder: PictureFolder
    let places = UploadPlaces()
    let logger: Logger

    /// Gives a user the picture that a request brings.
    ///
    /// - Throws: as ``UploadPlaces/withPlace(for:from:_:)``, ``Visit/file(upTo:)`` and ``set(_:of:from:)`` do.
    func receive(_ visit: Visit, of account: Account) async throws -> User {
        let file = try await visit.file(upTo: BodyLimits.picture)
        return try await places.withPlace(for: account.user.author.id, from: visit.client) {
            try await set(file, of: account, from: visit.client)
        }
    }

    /// Gives a user a picture.
    ///
    /// - Parameters:
    ///   - file: what was uploaded: JPEG, PNG, GIF or WebP.
    ///   - client: whose turn its decoding takes.
    /// - Throws: ``Problem/Code/unsupportedMediaType``, ``Problem/Code/payloadTooLarge`` for too many pixels
    ///   or too much work, ``Problem/Code/unavailable`` where too many pictures wait or nobody decodes them,
    ///   ``Problem/Code/unauthorized`` when the user has just been deleted, or its credentials have changed since
    ///   `account` was read: who is logged out while his picture comes or waits changes nothing.
    func set(_ file: [UInt8], of account: Account, from client: ClientAddress) async throws -> User {
        let picture: [UInt8]
        do {
            picture = try await maker.portrait(from: file, for: client)
        } catch let error as PictureError {
            throw Problem(error)
        }
        let (user, previous) = try await folder.keep(picture) { name in
            try await setImageFile(of: account, to: name.description)
        }
        if let previous { await discard(previous) }
        return user
    }

    /// Gives a user the default picture again. Throws as ``set(_:of:from:)`` does.
    func remove(of account: Account) async throws -> User {
        let (user, previous) = try await setImageFile(of: account, to: nil)
        if let previous { await discard(previous) }
        return user
    }

    private func setImageFile(
        of account: Account, to file: String?
    ) async throws -> (user: User, previous: String?) {
        let id = account.user.author.id
        let version = account.credentials?.version
        guard let change = try await store.setImageFile(userID: id, credentialVersion: version, to: file)
        else { throw try await store.problem(ofAccount: id) }
        return change
    }

    /// Removes a picture that somebody had, unless somebody else has it, too.
    func discard(_ name: String) async {
        guard let name = PictureName(name) else { return }
        do {
            try await folder.removeIfUnused(name)
        } catch {
            // Its owner has another already. The file is removed at the next start.
            logger.warning("a picture can't be removed: \(error)")
        }
    }
}
