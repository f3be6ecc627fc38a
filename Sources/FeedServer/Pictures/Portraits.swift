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
    /// - Throws: as ``UploadPlaces/withPlace(for:_:)``, ``Visit/file(upTo:)`` and ``set(_:of:)`` do.
    func receive(_ visit: Visit, of userID: Int64) async throws -> User {
        try await places.withPlace(for: userID) {
            try await set(try await visit.file(upTo: BodyLimits.picture), of: userID)
        }
    }

    /// Gives a user a picture.
    ///
    /// - Parameter file: what was uploaded: JPEG, PNG, GIF or WebP.
    /// - Throws: ``Problem/Code/unsupportedMediaType``, ``Problem/Code/payloadTooLarge`` for too many pixels
    ///   or too much work, ``Problem/Code/unavailable`` where too many pictures wait or nobody decodes them,
    ///   ``Problem/Code/unauthorized`` when the user has just been deleted.
    func set(_ file: [UInt8], of userID: Int64) async throws -> User {
        let picture: [UInt8]
        do {
            picture = try await maker.portrait(from: file)
        } catch let error as PictureError {
            throw Problem(error)
        }
        let (user, previous) = try await folder.keep(picture) { name in
            guard let change = try await store.setImageFile(userID: userID, to: name.description) else {
                throw Problem.accountIsGone
            }
            return change
        }
        if let previous { await discard(previous) }
        return user
    }

    /// Gives a user the default picture again. Throws as ``set(_:of:)`` does.
    func remove(of userID: Int64) async throws -> User {
        guard let (user, previous) = try await store.setImageFile(userID: userID, to: nil) else {
            throw Problem.accountIsGone
        }
        if let previous { await discard(previous) }
        return user
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
