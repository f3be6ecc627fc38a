import Crypto
import Foundation
import Synchronization
import Testing

@testable import FeedServer

@Suite("Access tokens")
struct AccessTokensTests {
    /// A clock that a test sets, in seconds.
    private final class Clock: Sendable {
        private let seconds: Mutex<Int64>
        init(_ seconds: Int64) { self.seconds = Mutex(seconds) }

        var now: Int64 {
            get { seconds.withLock { $0 } }
            set { seconds.withLock { $0 = newValue } }
        }
    }

    private static let start: Int64 = 1_754_490_600
    private static let secret = Array("a secret of the operator's".utf8)
    private static let otherSecret = Array("another secret, as good".utf8)

    private let clock = Clock(start)

    private func makeTokens(
        _ secret: [UInt8] = secret, previous: [UInt8]? = nil, lifetime: Int64 = 1_800
    ) async -> AccessTokens {
        await AccessTokens(
            secret: secret, previousSecret: previous, lifetime: lifetime, now: { [clock] in clock.now })
    }

    /// Makes tokens as somebody would who has the key, without the code under test.
    private struct Forger {
        var secret = AccessTokensTests.secret
        /// Of an object, all but `iss` and `aud`, which are added.
        var claims = #"{"sub":"7","iat":1754490600,"exp":1754492400,"ver":3}"#
        var parties = #""iss":"feed-server","aud":"feed-server-api","#
        var header: String?
        var purpose = "feed-server access token v1"

        var keyID: String { Self.base64URL(derive("feed-server access token key id v1", 8)) }

        func token<Hash: HashFunction>(_ hash: Hash.Type = SHA256.self) -> String {
            let header = header ?? #"{"alg":"HS256","typ":"JWT","kid":"\#(keyID)"}"#
            let claims = claims.hasPrefix("{\"") ? "{" + parties + claims.dropFirst() : claims
            let input = Self.base64URL(Array(header.utf8)) + "." + Self.base64URL(Array(claims.utf8))
            let signature = HMAC<Hash>.authenticationCode(
                for: Data(input.utf8), using: SymmetricKey(data: derive(purpose, 32)))
            return input + "." + Self.base64URL(Array(signature))
        }

        private func derive(_ info: String, _ byteCount: Int) -> [UInt8] {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: secret), info: Data(info.utf8),
                outputByteCount: byteCount
            ).withUnsafeBytes { Array($0) }
        }

        static func base64URL(_ bytes: [UInt8]) -> String {
            Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        }
    }

    private func fields(_ part: Substring) throws -> NSDictionary {
        let base64 = part.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.count % 4) % 4)
        let data = try #require(Data(base64Encoded: base64 + padding))
        return try #require(try JSONSerialization.jsonObject(with: data) as? NSDictionary)
    }

    // MARK: What is accepted

    @Test("A token tells its account and the version of the credentials, for its lifetime")
    func lifetime() async throws {
        let tokens = await makeTokens()

        let issued = try await tokens.issue(userID: 42, credentialVersion: 3)

        #expect(issued.lifetime == 1_800)
        let grant = AccessTokens.Grant(userID: 42, credentialVersion: 3)
        #expect(try await tokens.verify(issued.text) == grant)
        clock.now += 1_799
        #expect(try await tokens.verify(issued.text) == grant)
        clock.now += 1
        await #expect(throws: AccessTokenError.expired) { try await tokens.verify(issued.text) }
    }

    @Test(
        "A token is a JWT that says by whom, what for, who, since when, until when and which version, and no more"
    )
    func format() async throws {
        let text = try await makeTokens().issue(userID: 42, credentialVersion: 3).text

        let parts = text.split(separator: ".")
        #expect(parts.count == 3)
        #expect(
            try fields(parts[0])
                == ["alg": "HS256", "typ": "JWT", "kid": Forger().keyID] as NSDictionary)
        #expect(
            try fields(parts[1])
                == [
                    "iss": "feed-server", "aud": "feed-server-api", "sub": "42", "iat": Self.start,
                    "exp": Self.start + 1_800, "ver": 3,
                ] as NSDictionary)
        #expect(text.utf8.count < 300)
    }

    @Test("Accepts a token made with the same key by other means")
    func interoperability() async throws {
        let grant = try await makeTokens().verify(Forger().token())
        #expect(grant == AccessTokens.Grant(userID: 7, credentialVersion: 3))
    }

    @Test("The largest numbers fit")
    func extremes() async throws {
        let tokens = await makeTokens()
        for version in [Int64.min, -1, 0, .max] {
            let text = try await tokens.issue(userID: .max, credentialVersion: version).text
            #expect(
                try await tokens.verify(text)
                    == AccessTokens.Grant(userID: .max, credentialVersion: version))
        }
    }

    @Test("While secrets are rotated, the previous one's tokens are good, and none is issued with it")
    func rotation() async throws {
        let old = try await makeTokens().issue(userID: 1, credentialVersion: 0).text
        let rotated = await makeTokens(Self.otherSecret, previous: Self.secret)
        let new = try await rotated.issue(userID: 2, credentialVersion: 0).text
        let finished = await makeTokens(Self.otherSecret)

        #expect(try await rotated.verify(old).userID == 1)
        #expect(try await rotated.verify(new).userID == 2)
        #expect(try await finished.verify(new).userID == 2)
        await #expect(throws: AccessTokenError.invalid) { try await finished.verify(old) }
        await #expect(throws: AccessTokenError.invalid) { try await makeTokens().verify(new) }
    }

    @Test("A shorter lifetime counts for older tokens, a longer one does not")
    func changedLifetime() async throws {
        let text = try await makeTokens(lifetime: 1_800).issue(userID: 1, credentialVersion: 0).text
        let shorter = await makeTokens(lifetime: 600)
        let longer = await makeTokens(lifetime: 7_200)

        clock.now += 599
        #expect(try await shorter.verify(text).userID == 1)
        clock.now += 1
        await #expect(throws: AccessTokenError.expired) { try await shorter.verify(text) }
        clock.now += 1_200
        await #expect(throws: AccessTokenError.expired) { try await longer.verify(text) }
    }

    @Test("A clock that is five minutes behind the issuer's is forgiven, more is not")
    func clockSkew() async throws {
        let tokens = await makeTokens()
        let text = try await tokens.issue(userID: 1, credentialVersion: 0).text

        clock.now -= 5 * 60
        #expect(try await tokens.verify(text).userID == 1)
        clock.now -= 1
        await #expect(throws: AccessTokenError.invalid) { try await tokens.verify(text) }
    }

    // MARK: What is refused

    @Test("No character of a token can be another")
    func alteredCharacters() async throws {
        let tokens = await makeTokens()
        let characters = Array(try await tokens.issue(userID: 42, credentialVersion: 3).text)

        for index in characters.indices {
            for other in [Character("A"), "w", "_", "="] where other != characters[index] {
                var altered = characters
                altered[index] = other
                await #expect(throws: AccessTokenError.self) { try await tokens.verify(String(altered)) }
            }
            await Task.yield()
        }
    }

    @Test("Nothing can be added or left out")
    func alteredLength() async throws {
        let tokens = await makeTokens()
        let text = try await tokens.issue(userID: 42, credentialVersion: 3).text

        for altered in [text + "A", text + "=", text + ".", "." + text, text + " ", " " + text, text + "\n"] {
            await #expect(throws: AccessTokenError.self) { try await tokens.verify(altered) }
        }
        for length in 0..<text.count {
            await #expect(throws: AccessTokenError.self) {
                try await tokens.verify(String(text.prefix(length)))
            }
        }
    }

    @Test(
        "What is no JWT is malformed",
        arguments: [
            "", ".", "..", "...", "a.b", "not a token", "e30.e30.e30.e30", "e30.e30.", "W10.e30.AAAA",
            // Not JSON, not UTF-8, no `alg`, an `alg` that is no string, endless nesting.
            Forger.base64URL(Array("alg".utf8)) + ".e30.AAAA", Forger.base64URL([0xff, 0xfe]) + ".e30.AAAA",
            Forger.base64URL(Array(#"{"typ":"JWT"}"#.utf8)) + ".e30.AAAA",
            Forger.base64URL(Array(#"{"alg":256,"typ":"JWT"}"#.utf8)) + ".e30.AAAA",
            Forger.base64URL(Array(repeating: UInt8(ascii: "["), count: 700)) + ".e30.AAAA",
        ])
    func malformed(text: String) async {
        let tokens = await makeTokens()
        await #expect(throws: AccessTokenError.malformed) { try await tokens.verify(text) }
    }

    @Test("A token that is too long is refused, however right")
    func length() async throws {
        let tokens = await makeTokens()
        func token(_ paddingLength: Int) -> String {
            let padding = String(repeating: "x", count: paddingLength)
            return Forger(
                claims: #"{"sub":"7","iat":1754490600,"exp":1754492400,"ver":3,"x":"\#(padding)"}"#
            ).token()
        }
        let longest = try #require((0...1_024).last { token($0).utf8.count <= 1_024 })

        #expect(try await tokens.verify(token(longest)).userID == 7)
        await #expect(throws: AccessTokenError.malformed) { try await tokens.verify(token(longest + 1)) }
    }

    @Test(
        "Another header is refused, though its signature is right",
        arguments: [
            #"{"alg":"none","typ":"JWT","kid":"KID"}"#, #"{"alg":"None","typ":"JWT","kid":"KID"}"#,
            #"{"alg":"hs256","typ":"JWT","kid":"KID"}"#, #"{"alg":"HS384","typ":"JWT","kid":"KID"}"#,
            #"{"alg":"RS256","typ":"JWT","kid":"KID"}"#, #"{"alg":"HS256","kid":"KID"}"#,
            #"{"alg":"HS256","typ":"at+jwt","kid":"KID"}"#, #"{"alg":"HS256","typ":null,"kid":"KID"}"#,
            #"{"alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS256","typ":"JWT","kid":null}"#,
            #"{"alg":"HS256","typ":"JWT","kid":""}"#, #"{"alg":"HS256","typ":"JWT","kid":"AAAAAAAAAAA"}"#,
            #"{"alg":"HS256","typ":"JWT","kid":"KID","crit":["exp"]}"#,
            #"{"alg":"HS256","typ":"JWT","kid":"KID","crit":null}"#,
        ])
    func header(text: String) async {
        let tokens = await makeTokens()
        var forger = Forger()
        forger.header = text.replacingOccurrences(of: "KID", with: forger.keyID)
        await #expect(throws: AccessTokenError.invalid) { try await tokens.verify(forger.token()) }
    }

    @Test("A header without a signature is refused")
    func unsigned() async {
        let tokens = await makeTokens()
        for algorithm in ["none", "HS256"] {
            var forger = Forger()
            forger.header = #"{"alg":"\#(algorithm)","typ":"JWT","kid":"\#(forger.keyID)"}"#
            let token = forger.token()
            let unsigned = String(token.prefix(through: token.lastIndex(of: ".") ?? token.startIndex))
            await #expect(throws: AccessTokenError.invalid) { try await tokens.verify(unsigned) }
        }
    }

    @Test("Signatures of other keys and hashes are refused")
    func signatures() async {
        let tokens = await makeTokens()
        var stranger = Forger(secret: Self.otherSecret)
        stranger.header = #"{"alg":"HS256","typ":"JWT","kid":"\#(Forger().keyID)"}"#

        await #expect(throws: AccessTokenError.invalid) { try await tokens.verify(stranger.token()) }
        await #expect(throws: AccessTokenError.invalid) {
            try await tokens.verify(Forger().token(SHA512.self))
        }
    }

    /// jwt-kit's own `JWTHeader` would end the process here.
    @Test("Fields that are not looked at may hold anything")
    func otherHeaderFields() async throws {
        let tokens = await makeTokens()
        var forger = Forger()
        forger.header =
            #"{"alg":"HS256","typ":"JWT","kid":"\#(forger.keyID)","x":1e300,"jku":"https://example.org"}"#
        #expect(try await tokens.verify(forger.token()).userID == 7)
    }

    @Test(
        "Other claims are refused, though their signature is right",
        arguments: [
            #"{}"#, #"[]"#, #""#,
            #"{"iat":1754490600,"exp":1754492400,"ver":3}"#, #"{"sub":"7","exp":1754492400,"ver":3}"#,
            #"{"sub":"7","iat":1754490600,"ver":3}"#, #"{"sub":"7","iat":1754490600,"exp":1754492400}"#,
            #"{"sub":7,"iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"7","iat":"1754490600","exp":1754492400,"ver":3}"#,
            #"{"sub":"7","iat":1754490600,"exp":1754492400.5,"ver":3}"#,
            #"{"sub":"7","iat":1754490600,"exp":1e300,"ver":3}"#,
            #"{"sub":"7","iat":1754490600,"exp":1754490600,"ver":3}"#,
            #"{"sub":"7","iat":-1,"exp":1754492400,"ver":3}"#,
            #"{"sub":"7","iat":-9223372036854775808,"exp":1754492400,"ver":3}"#,
            #"{"sub":"7","iat":9223372036854775807,"exp":9223372036854775807,"ver":3}"#,
            #"{"sub":"","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"0","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"-7","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"+7","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"07","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"7 ","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"0x7","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"admin","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"9223372036854775808","iat":1754490600,"exp":1754492400,"ver":3}"#,
            #"{"sub":"7","iat":1754490600,"exp":1754492400,"ver":"3"}"#,
        ])
    func claims(text: String) async {
        let tokens = await makeTokens()
        await #expect(throws: AccessTokenError.invalid) {
            try await tokens.verify(Forger(claims: text).token())
        }
    }

    @Test(
        "A token of another issuer, or for another audience, is refused",
        arguments: [
            #""aud":"feed-server-api","#, #""iss":"feed-server","#, "",
            #""iss":"FEED-SERVER","aud":"feed-server-api","#, #""iss":"","aud":"feed-server-api","#,
            #""iss":null,"aud":"feed-server-api","#, #""iss":["feed-server"],"aud":"feed-server-api","#,
            #""iss":"feed-server","aud":"feed-server","#, #""iss":"feed-server","aud":"feed-server-api ","#,
            #""iss":"feed-server","aud":[],"#, #""iss":"feed-server","aud":["feed-server"],"#,
            #""iss":"feed-server","aud":["feed-server-api",1],"#, #""iss":"feed-server","aud":null,"#,
            #""iss":"feed-server","aud":{"feed-server-api":1},"#,
        ])
    func otherParties(parties: String) async {
        let tokens = await makeTokens()
        await #expect(throws: AccessTokenError.invalid) {
            try await tokens.verify(Forger(parties: parties).token())
        }
    }

    @Test("A token may be for others as well")
    func severalAudiences() async throws {
        let text = Forger(parties: #""iss":"feed-server","aud":["x","feed-server-api"],"#).token()
        #expect(try await makeTokens().verify(text).userID == 7)
    }

    @Test("A token is not good before it says so, five minutes of leeway apart")
    func notBefore() async throws {
        let tokens = await makeTokens()
        func verify(notBefore: String) async throws -> AccessTokens.Grant {
            let claims = #"{"sub":"7","iat":1754490600,"exp":1754492400,"ver":3,"nbf":\#(notBefore)}"#
            return try await tokens.verify(Forger(claims: claims).token())
        }
        for notBefore in ["0", "-1", "\(Self.start)", "\(Self.start + 300)"] {
            #expect(try await verify(notBefore: notBefore).userID == 7, "\(notBefore)")
        }
        for notBefore in ["\(Self.start + 301)", "\(Int64.max)", "\"\(Self.start)\"", "1e300", "[]"] {
            await #expect(throws: AccessTokenError.invalid, "\(notBefore)") {
                try await verify(notBefore: notBefore)
            }
        }
        clock.now += 1
        #expect(try await verify(notBefore: "\(Self.start + 301)").userID == 7)
    }

    @Test("A token that lives for longer than tokens do ends when they do")
    func overlongToken() async throws {
        let tokens = await makeTokens()
        let text = Forger(claims: #"{"sub":"7","iat":1754490600,"exp":9007199254740991,"ver":3}"#).token()

        #expect(try await tokens.verify(text).userID == 7)
        clock.now += 1_800
        await #expect(throws: AccessTokenError.expired) { try await tokens.verify(text) }
    }

    @Test(
        "What the secret is used for elsewhere makes no token", arguments: ["feed-server page cursor v1", ""])
    func keySeparation(purpose: String) async {
        let tokens = await makeTokens()
        await #expect(throws: AccessTokenError.invalid) {
            try await tokens.verify(Forger(purpose: purpose).token())
        }
    }
}
