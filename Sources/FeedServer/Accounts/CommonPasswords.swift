import Crypto

/// Passwords that are guessed first, and so are refused where somebody chooses one (NIST SP 800-63B-4, section
/// 3.1.1.2; OWASP ASVS 5.0, 6.2.4). Nobody who has one already is kept from logging in with it.
///
/// The list is part of the program, and nobody else is asked about a password. `scripts/common-passwords` makes it,
/// and says of what. It is searched as it stands: nothing is made of it in memory.
enum CommonPasswords {
    /// Bytes of a password's fingerprint: the first 48 bits of its SHA-256, in base64.
    private static let width = 8

    private static let advice = "take a few words that don't go together"

    /// Why a password within the bounds of ``TextRule/password`` can't be chosen, and what to do; or `nil`.
    ///
    /// - Parameter names: what the account is called, its user name and its e-mail address.
    static func issue(with password: String, of names: [String]) -> String? {
        // What is out of bounds is refused for that. Preparing it could take the square of its length.
        guard TextRule.password.issue(with: password) == nil else { return nil }
        let bytes = password.preparedAsPassword.map(\.lowercasedInASCII)
        if names.contains(where: { bytes.isText(inAnyCase: $0) }) {
            return "must not be the username or the e-mail address; \(advice)"
        }
        guard contains(bytes) else { return nil }
        return "is one of the most common ones, which are guessed first; \(advice)"
    }

    /// - Parameter password: prepared, and with letters of ASCII in lower case.
    private static func contains(_ password: [UInt8]) -> Bool {
        let digest = SHA256.hash(data: password).prefix(width / 4 * 3)
        let wanted = fingerprint(in: UnpaddedBase64.encode(digest, alphabet: .standard).utf8.span, at: 0)
        let list = list.utf8.span
        var (low, high) = (0, list.count / width)
        while low < high {
            let middle = (low + high) / 2
            let found = fingerprint(in: list, at: middle)
            if found == wanted { return true }
            if found < wanted { low = middle + 1 } else { high = middle }
        }
        return false
    }

    /// Eight characters as a number, whose order is theirs.
    private static func fingerprint(in characters: Span<UInt8>, at index: Int) -> UInt64 {
        var number: UInt64 = 0
        for place in index * width..<(index + 1) * width { number = number << 8 | UInt64(characters[place]) }
        return number
    }
}
