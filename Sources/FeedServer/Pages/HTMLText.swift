import Mustache

/// Text made safe for HTML, in an element or in a quoted attribute.
///
/// Mustache's own HTML type looks at `Character`s, and so lets through a `<` or a `"` that a
/// combining mark or an Arabic number sign beside it has joined into one grapheme. A browser reads
/// scalars; so does this.
struct HTMLText: MustacheContentType {
    /// The name that templates ask for it by.
    ///
    /// Mustache knows content types by names that are the whole process's. So this one tells whose it is, and takes
    /// nobody else's; and it is made known once, before anybody can ask for it: who has the name can use it.
    static let name: String = {
        let name = "FeedServer.HTMLText"
        MustacheContentTypes.register(HTMLText(), named: name)
        return name
    }()

    func escapeText(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): escaped.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): escaped.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): escaped.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): escaped.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): escaped.append(contentsOf: "&#39;".utf8)
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
