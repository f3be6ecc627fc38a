/// The formats that are decoded, told apart by a file's first bytes: neither its name nor the type that
/// the client gives it is looked at.
enum PictureFormat: CaseIterable, Sendable {
    case jpeg
    case png
    case gif
    case webp

    /// - Returns: `nil` when the bytes begin like none of them.
    init?(sniffing bytes: [UInt8]) {
        func begins(with signature: [UInt8]) -> Bool { bytes.starts(with: signature) }
        if begins(with: [0xff, 0xd8, 0xff]) {
            self = .jpeg
        } else if begins(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
            self = .png
        } else if begins(with: Array("GIF87a".utf8)) || begins(with: Array("GIF89a".utf8)) {
            self = .gif
        } else if begins(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            self = .webp
        } else {
            return nil
        }
    }
}
