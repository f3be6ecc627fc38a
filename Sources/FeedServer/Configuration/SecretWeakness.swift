/// Why a secret is refused: anybody who holds one cursor or token could find it by trying.
///
/// It knows what people type, not what is random: 32 random bytes in hexadecimal or Base64 are never among it,
/// and a secret that is not refused can still be a bad one.
enum SecretWeakness: String, CaseIterable, Sendable {
    case repetition = "is a short text repeated"
    case fewCharacters = "has too few different characters"
    case sequence = "is a sequence"
    case placeholder = "is an example's"
    case words = "is made of words that are tried first"

    /// Prints a good secret.
    static let remedy = "openssl rand -base64 32"

    /// Different bytes that a secret has at least. Sixteen random hexadecimal digits have fewer once in 50 000 times.
    private static let minimumDistinct = 6

    /// Runs, up or down, that a secret is at most made of to be a sequence: `abcdefgh12345678` is of two.
    private static let maximumRuns = 3

    /// Letters and digits that must be left once words that are tried first have been taken out.
    private static let minimumUnknown = 10

    /// Letters and digits in a row that are no example's words: 128 bits in Base64 have as many.
    private static let minimumRandomPart = 22

    /// Of examples, in any case, whatever stands between their words.
    private static let placeholders = [
        "changeme", "changethis", "changeit", "replaceme", "replacethis", "replacewith", "insertyour",
        "yoursecret", "mysecret", "secretkey", "supersecret", "topsecret", "notsecret", "placeholder",
        "openssl",
    ]

    /// Longer ones before those that they begin with.
    private static let commonWords = [
        "password", "passw0rd", "passphrase", "passwort", "p4ssword", "secrets", "secret", "s3cret",
        "feedserver", "letmein", "welcome", "qwerty", "administrator", "admin", "default", "example",
        "insecure", "development", "production", "testing", "server", "token", "random", "string",
    ]

    /// Neighbours on a keyboard, and in the alphabet.
    private static let rows = [
        "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm",
        "yxcvbnm",
    ].map { Array($0.utf8) }

    /// What is wrong with a secret that is long enough, `nil` where nothing is.
    init?(of secret: [UInt8]) {
        let folded = secret.compactMap(Self.folded)
        if Self.isRepetition(secret) {
            self = .repetition
        } else if Set(secret).count < Self.minimumDistinct {
            self = .fewCharacters
        } else if Self.isSequence(secret) {
            self = .sequence
        } else if Self.placeholders.contains(where: { folded.firstRange(of: Array($0.utf8)) != nil }),
            !Self.hasRandomPart(secret)
        {
            self = .placeholder
        } else if Self.isMadeOfWords(folded) {
            self = .words
        } else {
            return nil
        }
    }

    /// Whether a part of a secret would do without the rest, whatever that is: `secret-key-…` may stand before it.
    private static func hasRandomPart(_ secret: [UInt8]) -> Bool {
        secret.split { folded($0) == nil }.contains { part in
            part.count >= minimumRandomPart && part.count < secret.count && Self(of: Array(part)) == nil
        }
    }

    /// Whether a text that would be too short by itself has been repeated to make it longer.
    private static func isRepetition(_ secret: [UInt8]) -> Bool {
        (1..<ServerConfiguration.minimumSecretLength).contains { length in
            length <= secret.count / 2
                && (length..<secret.count).allSatisfy { secret[$0] == secret[$0 - length] }
        }
    }

    private static func isSequence(_ secret: [UInt8]) -> Bool {
        let letters = secret.map { byte in lowercased(byte) }
        var runs = 1
        var previous: Step?
        for (byte, next) in zip(letters, letters.dropFirst()) {
            let step = Step(from: byte, to: next)
            // What begins a new run goes anywhere.
            if step == nil || (previous != nil && previous != step) { runs += 1 }
            previous = step
        }
        return runs <= maximumRuns
    }

    private enum Step {
        case up, down

        init?(from byte: UInt8, to next: UInt8) {
            if rows.contains(where: { $0.firstRange(of: [byte, next]) != nil }) {
                self = .up
            } else if rows.contains(where: { $0.firstRange(of: [next, byte]) != nil }) {
                self = .down
            } else {
                return nil
            }
        }
    }

    /// - Parameter folded: a placeholder's letters and digits may be apart: `change-me`.
    private static func isMadeOfWords(_ folded: [UInt8]) -> Bool {
        // No letters and digits at all is no word either.
        guard !folded.isEmpty else { return false }
        var rest = folded
        for word in commonWords {
            while let range = rest.firstRange(of: Array(word.utf8)) { rest.removeSubrange(range) }
        }
        return rest.count < folded.count && rest.count < minimumUnknown
    }

    /// A letter in lower case, or a digit; `nil` for all else.
    private static func folded(_ byte: UInt8) -> UInt8? {
        let byte = lowercased(byte)
        return switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
        default: nil
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
