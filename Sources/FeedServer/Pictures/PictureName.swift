import Crypto

/// The file name of a kept picture: the first 32 hexadecimal digits of the SHA-256 of its bytes, and `.jpg`.
///
/// Equal pictures have one name, and a name's bytes never change, so that it may be cached for ever. 128 bits
/// are enough where nobody chooses the bytes: they are what this server has encoded. A path is built of a
/// value of this type only, and there is none that leads out of the folder.
struct PictureName: Hashable, Sendable, CustomStringConvertible {
    /// Bytes of the hash.
    private static let digestLength = 16
    private static let suffix = ".jpg"
    private static let digits = Array("0123456789abcdef".utf8)

    let description: String

    /// Names a picture.
    init(of picture: [UInt8]) {
        let hash = SHA256.hash(data: picture).prefix(Self.digestLength)
        let text = hash.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }
        description = String(decoding: text, as: UTF8.self) + Self.suffix
    }

    /// - Returns: `nil` when the text is not exactly such a name.
    init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard bytes.count == 2 * Self.digestLength + Self.suffix.utf8.count,
            bytes.prefix(2 * Self.digestLength).allSatisfy(Self.digits.contains),
            bytes.dropFirst(2 * Self.digestLength).elementsEqual(Self.suffix.utf8)
        else { return nil }
        description = String(text)
    }
}
