import Crypto
import Foundation
import Testing

@testable import FeedServer

@Suite("Password hash")
struct PasswordHashTests {
    private static let parameters = ScryptParameters(log2N: 10, parallelism: 2)
    private static let salt = "MDEyMzQ1Njc4OWFiY2RlZg"
    private static let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    private static let text = "$scrypt$ln=15,r=8,p=3$\(salt)$\(key)"

    /// RFC 7914 §12. Its fourth needs a gibibyte.
    @Test(
        "Derives the keys of RFC 7914",
        arguments: [
            (
                "", "", ScryptParameters(log2N: 4, blockSize: 1, parallelism: 1),
                "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                    + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
            ),
            (
                "password", "NaCl", ScryptParameters(log2N: 10, blockSize: 8, parallelism: 16),
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                    + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
            (
                "pleaseletmein", "SodiumChloride", ScryptParameters(log2N: 14, blockSize: 8, parallelism: 1),
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
            ),
        ])
    func vectors(password: String, salt: String, parameters: ScryptParameters, expected: String) throws {
        let key = try parameters.deriveKey(from: Array(password.utf8), salt: Array(salt.utf8), byteCount: 64)
        let hexadecimal = key.withUnsafeBytes { $0.map { String(format: "%02x", $0) }.joined() }
        #expect(hexadecimal == expected)
    }

    @Test("The standard parameters are OWASP's, and take 32 MiB")
    func standard() {
        let standard = ScryptParameters.standard
        #expect((standard.log2N, standard.blockSize, standard.parallelism) == (15, 8, 3))
        #expect(128 * standard.blockSize << standard.log2N == 32 << 20)
        #expect(standard.isWithinBounds)
    }

    @Test("Reads what it writes")
    func roundTrip() throws {
        let hash = try #require(PasswordHash(phcString: Self.text))
        #expect(hash.parameters == .standard)
        #expect(hash.salt == Array("0123456789abcdef".utf8))
        #expect(hash.matches(SymmetricKey(data: Array(0..<32 as Range<UInt8>))))
        #expect(hash.phcString == Self.text)
    }

    @Test("Matches its own key, and none that differs in one bit")
    func comparison() throws {
        let bytes: [UInt8] = Array(0..<32)
        let hash = try #require(PasswordHash(phcString: Self.text))
        for index in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[index] ^= 1 << bit
                #expect(!hash.matches(SymmetricKey(data: other)))
            }
        }
        #expect(!hash.matches(SymmetricKey(data: bytes.dropLast())))
    }

    private static let alterations: [(String, String)] = [
        ("scrypt", "argon2id"), ("scrypt", "Scrypt"), ("$scrypt", "scrypt"), ("$scrypt", " $scrypt"),
        ("ln=15,r=8", "r=8,ln=15"), (",p=3", ""), (",p=3", ",p=3,x=1"), (",p=3", ",p=3,"),
        ("p=3", "p=03"), ("p=3", "p=+3"), ("p=3", "p=-3"), ("p=3", "p="), ("p=3", "p=٣"),
        ("p=3", "p=99999999999999999999"),
        (salt, ""), (salt, salt + "=="), (salt, salt + "AA"), (salt, "MDEyMzQ1Njc4OWFiY2RlZ"),
        // Bits that are left over.
        (salt, "MDEyMzQ1Njc4OWFiY2RlZh"),
        (key, ""), (key, key + "A"), (key, key + "$"), (key, key + "\n"), (key, "_" + key.dropFirst()),
        (key, key + String(repeating: "A", count: 4_000)),
    ]

    @Test("Refuses whatever it would not write", arguments: alterations)
    func strictness(part: String, other: String) {
        let altered = Self.text.replacingOccurrences(of: part, with: other)
        #expect(altered != Self.text)
        #expect(PasswordHash(phcString: altered) == nil)
    }

    @Test("Refuses what has no parts", arguments: ["", "$", "$$$$", "$scrypt$", "secret", "$2b$12$abc$d"])
    func noParts(text: String) {
        #expect(PasswordHash(phcString: text) == nil)
    }

    @Test(
        "Keeps parameters within bounds",
        arguments: [
            ("ln=10,r=8,p=1", true), ("ln=9,r=8,p=1", false), ("ln=20,r=2,p=1", true),
            ("ln=21,r=1,p=1", false), ("ln=12,r=32,p=2", true), ("ln=12,r=33,p=2", false),
            ("ln=12,r=0,p=1", false), ("ln=12,r=8,p=16", true), ("ln=12,r=8,p=17", false),
            ("ln=12,r=8,p=0", false),
            // 256 MiB, and twice that.
            ("ln=18,r=8,p=1", true), ("ln=19,r=8,p=1", false), ("ln=17,r=16,p=1", true),
            ("ln=17,r=17,p=2", false),
            // N < 2^(16 r).
            ("ln=15,r=1,p=1", true), ("ln=16,r=1,p=1", false),
            // What the library can't do.
            ("ln=10,r=16,p=1", true), ("ln=10,r=17,p=1", false), ("ln=10,r=17,p=2", true),
        ])
    func bounds(numbers: String, isGood: Bool) {
        let hash = PasswordHash(phcString: "$scrypt$\(numbers)$\(Self.salt)$\(Self.key)")
        #expect((hash != nil) == isGood)
    }

    @Test("Derives at the edges of what the library can do", arguments: [(16, 1), (32, 2)])
    func edges(blockSize: Int, parallelism: Int) throws {
        let parameters = ScryptParameters(log2N: 10, blockSize: blockSize, parallelism: parallelism)
        #expect(parameters.isWithinBounds)
        #expect(try parameters.deriveKey(from: [1], salt: [2]).bitCount == 256)
    }

    @Test("A password is the same on every system")
    func preparation() {
        #expect("Zoe\u{308}".preparedAsPassword == Array("Zo\u{eb}".utf8))
        #expect("a\u{3000}b\u{a0}c d".preparedAsPassword == Array("a b c d".utf8))
        #expect("\u{212b}ngström".preparedAsPassword == "A\u{30a}ngstro\u{308}m".preparedAsPassword)
    }

    @Test("Case, width and white space around it belong to a password")
    func distinctPasswords() {
        for (first, second) in [("Secret", "secret"), (" secret", "secret"), ("ａ", "a"), ("ß", "ss")] {
            #expect(first.preparedAsPassword != second.preparedAsPassword)
        }
    }
}
