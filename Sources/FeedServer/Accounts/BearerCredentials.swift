import HTTPTypes

/// What a request's `Authorization` field holds, RFC 9110 §11.6.2 and RFC 6750 §2.1.
enum BearerCredentials: Hashable, Sendable {
    /// There is no such field.
    case absent
    /// A bearer token, in the syntax of one; whether it is valid is not known yet.
    case token(String)
    /// Another scheme, a bearer token out of syntax, or more than one field.
    case unusable

    init(_ fields: HTTPFields) {
        let values = fields[values: .authorization]
        switch values.count {
        case 0: self = .absent
        case 1: self = Self.token(in: values[0]).map { .token($0) } ?? .unusable
        default: self = .unusable
        }
    }

    /// The scheme in any case, one or more spaces, and a `b64token`.
    private static func token(in value: String) -> String? {
        guard let space = value.utf8.firstIndex(of: UInt8(ascii: " ")),
            value.utf8[..<space].isText(inAnyCase: "bearer")
        else { return nil }
        let token = value.utf8[space...].drop { $0 == UInt8(ascii: " ") }
        let padding = token.firstIndex(of: UInt8(ascii: "=")) ?? token.endIndex
        guard padding > token.startIndex, token[..<padding].allSatisfy(isTokenCharacter),
            token[padding...].allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        return String(token)
    }

    private static func isTokenCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~+/".utf8.contains(character)
        }
    }
}
