import FeedStore
import HTTPTypes

extension SessionOrigin {
    /// Where a session is begun by a request.
    init(_ visit: Visit) {
        self.init(
            userAgent: visit.head.headerFields[.userAgent].flatMap(Self.cleaned), address: visit.client.text)
    }

    /// The beginning of what a browser calls itself, with a question mark for each byte that is no printable ASCII: it is
    /// a stranger's text, and nothing but something to recognise a browser by.
    static func cleaned(_ userAgent: String) -> String? {
        let bytes = userAgent.utf8.prefix(maximumUserAgentLength).map { byte in
            (0x20...0x7E).contains(byte) ? byte : UInt8(ascii: "?")
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
