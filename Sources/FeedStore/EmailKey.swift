/// What tells an account by its e-mail address: the address with the letters of ASCII in lower case, and nothing else
/// folded. The one place that says which addresses are the same.
///
/// SQLite's collation `NOCASE`, by which the store keeps addresses unique, says just the same. Unicode's lower case
/// does not: to it, U+212A KELVIN SIGN is a `k`, and whoever counts attempts by that counts those of two addresses
/// as one's.
public struct EmailKey: Hashable, Sendable {
    /// The folded address, as bytes of UTF-8.
    private let bytes: [UInt8]

    /// - Parameter email: any text; time and memory grow with its length.
    public init(_ email: some StringProtocol) {
        bytes = email.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    /// The folded address.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
