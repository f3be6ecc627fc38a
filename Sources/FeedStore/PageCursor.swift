import Crypto
import Foundation

/// What an opaque cursor stands for: a position, a direction, and what they belong to.
public struct PageCursor: Hashable, Sendable {
    public var position: Position
    public var direction: Direction
    public var scope: CursorScope

    public init(position: Position, direction: Direction, scope: CursorScope) {
        self.position = position
        self.direction = direction
        self.scope = scope
    }
}

/// A digest of what a cursor belongs to: collection, order and filters.
public struct CursorScope: Hashable, Sendable {
    let digest: UInt64

    /// The page size is not part of it: a reader may change that on the way.
    public init(collection: FeedCollection, order: Order) {
        self =
            switch collection {
            case .posts: order == .newest ? Self.newestPosts : Self.oldestPosts
            case .userPosts(let userID, let status):
                Self(named: "users/\(userID)/posts/\(status.rawValue)", order)
            case .users: order == .newest ? Self.newestUsers : Self.oldestUsers
            }
    }

    private static let newestPosts = Self(named: "posts/published", .newest)
    private static let oldestPosts = Self(named: "posts/published", .oldest)
    private static let newestUsers = Self(named: "users", .newest)
    private static let oldestUsers = Self(named: "users", .oldest)

    private init(named name: String, _ order: Order) {
        let hash = SHA256.hash(data: Array("\(name)?order=\(order.rawValue)".utf8))
        digest = hash.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    }
}

/// Why a cursor was refused.
public enum PageCursorError: Error, Hashable, Sendable {
    /// Not a cursor that this server, or one with the same secret, has made: too long, another
    /// alphabet, a bit altered, made with a forgotten secret.
    case invalid
    /// A true cursor, but of another collection, order or filter.
    case mismatch
    /// Older than the lifetime that the operator has set.
    case expired
}

/// Turns cursors into opaque text and back.
///
/// The text is base64url without padding (RFC 4648 §5) of a binary record, all numbers big-endian:
///
/// | bytes | what |
/// |---|---|
/// | 1 | version and direction: ``version`` × 2, plus 1 for backward |
/// | 8 | `date_posted` in microseconds |
/// | 8 | `id` |
/// | 8 | digest of the scope |
/// | 5 | when it was made, in seconds since the epoch; 0 where cursors don't expire |
/// | 16 | HMAC-SHA256 (RFC 2104) over all of the above, truncated to 128 bits |
///
/// 46 bytes, 62 characters. Authentication makes every altered bit an error, so that no input can
/// turn into a page that nobody asked for.
public struct PageCursorCodec: Sendable {
    /// Cursors of this and of later versions are no longer than this, in characters. Longer input is
    /// refused before it is decoded.
    public static let maximumLength = 128

    private static let version: UInt8 = 1
    private static let payloadBytes = 30
    private static let tagBytes = 16
    private static let recordBytes = payloadBytes + tagBytes
    /// Characters of an encoded cursor.
    public static let encodedLength = (recordBytes * 8 + 5) / 6

    /// With an expiry, the time inside a cursor is rounded up to this fraction of the lifetime, so
    /// that the same page keeps the same bytes, and with them its `ETag`, for a while.
    private static let stampsPerLifetime: Int64 = 16

    private let authenticator: HMAC<SHA256>
    private let previousAuthenticator: HMAC<SHA256>?
    private let lifetime: Int64?
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - secret: at least 16 bytes, kept by the operator. The cursors' key is derived from it with
    ///     HKDF-SHA256 (RFC 5869), so that it can serve other purposes as well.
    ///   - previousSecret: its cursors are still accepted, none is made with it any more.
    ///   - lifetime: seconds after which a cursor is refused, at least 60, and up to a sixteenth more;
    ///     `nil`: never. Cursors that were made without one carry no time, and are too old for any.
    ///   - now: the clock that the lifetime is measured with.
    public init(
        secret: [UInt8], previousSecret: [UInt8]? = nil, lifetime: Int? = nil,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        authenticator = Self.authenticator(secret)
        previousAuthenticator = previousSecret.map { Self.authenticator($0) }
        self.lifetime = lifetime.map { Int64(max($0, 60)) }
        self.now = now
    }

    /// Writes the cursor's text, ``encodedLength`` characters of `A–Z a–z 0–9 - _`.
    public func encode(_ cursor: PageCursor) -> String {
        withUnsafeTemporaryAllocation(byteCount: Self.recordBytes, alignment: 8) { record in
            let direction: UInt8 = cursor.direction == .backward ? 1 : 0
            record[0] = Self.version << 1 | direction
            record.storeBigEndian(UInt64(bitPattern: cursor.position.datePosted.microseconds), at: 1)
            record.storeBigEndian(UInt64(bitPattern: cursor.position.id), at: 9)
            record.storeBigEndian(cursor.scope.digest, at: 17)
            let made = UInt64(bitPattern: stamp())
            record[25] = UInt8(truncatingIfNeeded: made >> 32)
            record.storeBigEndian(UInt32(truncatingIfNeeded: made), at: 26)
            let payload = UnsafeRawBufferPointer(rebasing: record[..<Self.payloadBytes])
            var authenticator = authenticator
            authenticator.update(data: payload)
            authenticator.finalize().withUnsafeBytes { tag in
                record[Self.payloadBytes...].copyBytes(from: tag[..<Self.tagBytes])
            }
            return Base64URL.encode(UnsafeRawBufferPointer(record))
        }
    }

    /// Reads a cursor that is to be used with `scope`.
    public func decode(
        _ text: String, scope: CursorScope
    ) throws(PageCursorError) -> PageCursor {
        // Anything longer is refused before it is looked at.
        guard text.utf8.count == Self.encodedLength, let record = Base64URL.decode(text),
            record.count == Self.recordBytes
        else { throw .invalid }
        let payload = record[..<Self.payloadBytes]
        let tag = record[Self.payloadBytes...]
        guard isAuthentic(payload, tag: tag) else { throw .invalid }
        guard payload[0] >> 1 == Self.version else { throw .invalid }
        if let lifetime {
            let made = Int64(bigEndian(record[25..<30]))
            guard now().microseconds / 1_000_000 - made <= lifetime else { throw .expired }
        }
        guard bigEndian(record[17..<25]) == scope.digest else { throw .mismatch }
        let date = Int64(bitPattern: bigEndian(record[1..<9]))
        let id = Int64(bitPattern: bigEndian(record[9..<17]))
        return PageCursor(
            position: Position(datePosted: Timestamp(microseconds: date), id: id),
            direction: payload[0] & 1 == 1 ? .backward : .forward, scope: scope)
    }

    /// At most 8 bytes as a number.
    private func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func isAuthentic(_ payload: ArraySlice<UInt8>, tag: ArraySlice<UInt8>) -> Bool {
        func matches(_ template: HMAC<SHA256>) -> Bool {
            var authenticator = template
            authenticator.update(data: payload)
            // Every byte is compared, whatever the first ones are: the time tells nothing.
            return authenticator.finalize().withUnsafeBytes { expected in
                zip(expected, tag).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
            }
        }
        return matches(authenticator) || previousAuthenticator.map(matches) ?? false
    }

    private func stamp() -> Int64 {
        guard let lifetime else { return 0 }
        let grain = max(1, lifetime / Self.stampsPerLifetime)
        return (now().microseconds / 1_000_000 / grain + 1) * grain
    }

    private static func authenticator(_ secret: [UInt8]) -> HMAC<SHA256> {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Data("feed-server page cursor v1".utf8),
            outputByteCount: 32)
        return HMAC<SHA256>(key: key)
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func storeBigEndian(_ value: some FixedWidthInteger, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: type(of: value))
    }
}
