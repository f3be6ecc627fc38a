import Foundation

/// Base64 without padding, RFC 4648 §4 and §5, read strictly: every byte sequence has one text.
enum UnpaddedBase64 {
    /// Which characters stand for 62 and 63.
    enum Alphabet {
        /// `+` and `/`, RFC 4648 §4.
        case standard
        /// `-` and `_`, RFC 4648 §5.
        case urlSafe
    }

    static func encode(_ bytes: some Sequence<UInt8>, alphabet: Alphabet) -> String {
        let text = Data(bytes).base64EncodedString().prefix { $0 != "=" }
        guard alphabet == .urlSafe else { return String(text) }
        return String(
            text.map { character in
                switch character {
                case "+": "-"
                case "/": "_"
                default: character
                }
            })
    }

    /// `nil` for padding, white space, the other alphabet, an impossible length, and for bits left
    /// over that are not zero.
    static func decode(_ text: some StringProtocol, alphabet: Alphabet) -> [UInt8]? {
        var characters = Array(text.utf8)
        if alphabet == .urlSafe {
            for index in characters.indices {
                switch characters[index] {
                case UInt8(ascii: "-"): characters[index] = UInt8(ascii: "+")
                case UInt8(ascii: "_"): characters[index] = UInt8(ascii: "/")
                default: break
                }
            }
        }
        let padding = (4 - characters.count % 4) % 4
        characters += repeatElement(UInt8(ascii: "="), count: padding)
        guard let data = Data(base64Encoded: Data(characters)), encode(data, alphabet: alphabet) == text
        else { return nil }
        return Array(data)
    }
}
