import Crypto
import Foundation
import JWTKit

/// Why an access token was refused.
enum AccessTokenError: Error, Hashable, Sendable {
    /// Not a JSON Web Token in the compact serialisation, or too long.
    case malformed
    /// A token, but not one that this server, or one with the same secret, has issued.
    case invalid
    /// Issued here, and too old.
    case expired
}

/// Issues and verifies access tokens: JSON Web Tokens (RFC 7519) with an HS256 signature (RFC 7518
/// §3.2).
///
/// A token tells who has issued it (`iss`) and for whom (`aud`, RFC 8725 §3.8 and §3.9), who its bearer is
/// (`sub`), since when (`iat`), until when (`exp`) and of which version that account's credentials were
/// (`ver`). It is not kept anywhere: that it still counts is for the caller to see, by comparing the version
/// with the account's.
struct AccessTokens: Sendable {
    /// In seconds, like its bounds.
    static let defaultLifetime: Int64 = 30 * 60
    static let lifetimeBounds: ClosedRange<Int64> = 60...(366 * 24 * 60 * 60)

    /// Longer tokens are refused before they are decoded; ours have about 270 characters.
    static let maximumLength = 1_024

    /// How many seconds a token may seem to be from the future: clocks of several machines differ, and one that was
    /// fast is set back. Five minutes are what Kerberos allows (RFC 4120, section 1.6). A token that was issued before
    /// the clock was set back is good for as much longer, at the most.
    static let issueLeeway: Int64 = 5 * 60

    /// Who issues tokens: every server with the same secret, for each of the others.
    static let issuer = "feed-server"

    /// What tokens are for. Whatever else the same key may once sign is for something else.
    static let audience = "feed-server-api"

    private static let keyBytes = 32
    private static let keyIDBytes = 8
    private static let signatureBytes = 32

    /// A new token.
    struct Issued: Hashable, Sendable {
        let text: String
        /// Seconds for which it is valid.
        let lifetime: Int64
    }

    /// What a valid token says.
    struct Grant: Hashable, Sendable {
        let userID: Int64
        /// Of the account's credentials when the token was issued. Once they have changed, it no longer
        /// counts.
        let credentialVersion: Int64
    }

    private let keys: JWTKeyCollection
    private let keyID: JWKIdentifier
    private let keyIDs: Set<String>
    private let lifetime: Int64
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - secret: at least 16 bytes, kept by the operator. The tokens' key is derived from it with
    ///     HKDF-SHA256 (RFC 5869), so that it can serve other purposes as well.
    ///   - previousSecret: its tokens are still accepted, none is issued with it any more.
    ///   - lifetime: seconds for which a token is valid, within ``lifetimeBounds``. A shorter one than before counts
    ///     for tokens that were issued already.
    ///   - now: the clock, in seconds since the epoch.
    init(
        secret: [UInt8], previousSecret: [UInt8]? = nil, lifetime: Int64 = AccessTokens.defaultLifetime,
        now: @escaping @Sendable () -> Int64 = { Int64(Date.now.timeIntervalSince1970) }
    ) async {
        precondition(Self.lifetimeBounds.contains(lifetime), "a lifetime beyond its bounds")
        keys = JWTKeyCollection()
        keyID = Self.keyID(of: secret)
        var keyIDs: Set = [keyID.string]
        await keys.add(hmac: Self.key(of: secret), digestAlgorithm: .sha256, kid: keyID)
        if let previousSecret {
            let previousID = Self.keyID(of: previousSecret)
            keyIDs.insert(previousID.string)
            await keys.add(hmac: Self.key(of: previousSecret), digestAlgorithm: .sha256, kid: previousID)
        }
        self.keyIDs = keyIDs
        self.lifetime = lifetime
        self.now = now
    }

    /// Issues a token.
    ///
    /// - Throws: never for any of these arguments; what jwt-kit throws is passed on.
    func issue(userID: Int64, credentialVersion: Int64) async throws -> Issued {
        let issued = now()
        let claims = Claims(
            iss: Self.issuer, aud: Audience(Self.audience), sub: String(userID), iat: issued,
            exp: issued + lifetime, ver: credentialVersion)
        return Issued(text: try await keys.sign(claims, kid: keyID), lifetime: lifetime)
    }

    /// Reads a token and checks all that can be known without asking for the account.
    func verify(_ text: String) async throws(AccessTokenError) -> Grant {
        try checkForm(text)
        let claims: Claims
        do {
            claims = try await keys.verify(text, as: Claims.self)
        } catch {
            // Another signature, or claims that are missing or of another type.
            throw .invalid
        }
        let now = now()
        guard claims.iss == Self.issuer, claims.aud.contains(Self.audience) else { throw .invalid }
        // RFC 7519 §4.1.5. None of ours has it.
        if let start = claims.nbf, start > now + Self.issueLeeway { throw .invalid }
        guard let userID = Int64(claims.sub), userID > 0, String(userID) == claims.sub,
            claims.iat >= 0, claims.iat <= now + Self.issueLeeway, claims.exp > claims.iat
        else { throw .invalid }
        guard now < claims.exp, now - claims.iat < lifetime else { throw .expired }
        return Grant(userID: userID, credentialVersion: claims.ver)
    }

    /// Checks what jwt-kit leaves open. It decodes base64 leniently, verifies with the one algorithm of
    /// a key whatever the header names, and takes its default key for an unknown `kid`.
    private func checkForm(_ text: String) throws(AccessTokenError) {
        guard text.utf8.count <= Self.maximumLength else { throw .malformed }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = UnpaddedBase64.decode(parts[0], alphabet: .urlSafe),
            UnpaddedBase64.decode(parts[1], alphabet: .urlSafe) != nil,
            let signature = UnpaddedBase64.decode(parts[2], alphabet: .urlSafe)
        else { throw .malformed }
        let fields: Header
        do {
            fields = try JSONDecoder().decode(Header.self, from: Data(header))
        } catch {
            throw .malformed
        }
        guard fields.alg == "HS256", fields.typ == "JWT", !fields.hasExtensions,
            let kid = fields.kid, keyIDs.contains(kid), signature.count == Self.signatureBytes
        else { throw .invalid }
    }

    // MARK: Parts of a token

    /// The fields that are looked at. Not jwt-kit's `JWTHeader`, which traps on numbers beyond `Int`.
    private struct Header: Decodable {
        let alg: String
        let typ: String?
        let kid: String?
        /// `crit`: extensions that must be understood (RFC 7515 §4.1.11), and none is here.
        let hasExtensions: Bool

        private enum CodingKeys: String, CodingKey {
            case alg, typ, kid, crit
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            alg = try container.decode(String.self, forKey: .alg)
            typ = try container.decodeIfPresent(String.self, forKey: .typ)
            kid = try container.decodeIfPresent(String.self, forKey: .kid)
            hasExtensions = container.contains(.crit)
        }
    }

    private struct Claims: JWTPayload {
        let iss: String
        let aud: Audience
        let sub: String
        /// In seconds since the epoch, like `exp` and `nbf`.
        let iat: Int64
        let exp: Int64
        var nbf: Int64?
        let ver: Int64

        /// The claims are checked where the clock is.
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    /// One name, or a list of them (RFC 7519 §4.1.3).
    private struct Audience: Codable, Sendable {
        private let names: [String]

        init(_ name: String) {
            names = [name]
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            do {
                names = [try container.decode(String.self)]
            } catch DecodingError.typeMismatch {
                names = try container.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            // One name is no list: the shorter form, and what readers know best.
            var container = encoder.singleValueContainer()
            if let name = names.first, names.count == 1 {
                try container.encode(name)
            } else {
                try container.encode(names)
            }
        }

        func contains(_ name: String) -> Bool {
            names.contains(name)
        }
    }

    // MARK: Keys

    private static func key(of secret: [UInt8]) -> HMACKey {
        HMACKey(key: derive("feed-server access token v1", from: secret, byteCount: keyBytes))
    }

    /// Tells a token's key by its name, which reveals nothing of the key.
    private static func keyID(of secret: [UInt8]) -> JWKIdentifier {
        let bytes = derive("feed-server access token key id v1", from: secret, byteCount: keyIDBytes)
            .withUnsafeBytes { Array($0) }
        return JWKIdentifier(string: UnpaddedBase64.encode(bytes, alphabet: .urlSafe))
    }

    private static func derive(_ info: String, from secret: [UInt8], byteCount: Int) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Data(info.utf8),
            outputByteCount: byteCount)
    }
}
