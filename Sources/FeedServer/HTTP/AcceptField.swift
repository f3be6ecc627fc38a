import HTTPTypes

/// The `Accept` field, RFC 9110, section 12.5.1, as far as an address with one form needs it.
enum AcceptField {
    /// Whether a client takes a media type; one that sends no field takes everything.
    static func allows(_ type: String, in head: HTTPRequest) -> Bool {
        guard let field = head.headerFields[.accept], !field.utf8.isText("*/*"), !field.isEmpty else {
            return true
        }
        return quality(of: type, in: field) > 0
    }

    /// Whether a client would rather have HTML than JSON: a person with a browser.
    static func prefersHTML(_ head: HTTPRequest) -> Bool {
        guard let field = head.headerFields[.accept] else { return false }
        return quality(of: "text/html", in: field) > quality(of: "application/json", in: field)
    }

    /// The quality of the most specific range that a type is in, or 0 where it is in none.
    private static func quality(of type: String, in field: String) -> Double {
        let family = type.prefix(while: { $0 != "/" }) + "/*"
        var best = (precision: 0, quality: 0.0)
        for element in field.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = element.split(separator: UInt8(ascii: ";")).map(\.withoutBlanks)
            guard let range = parts.first else { continue }
            let precision =
                range.isText(inAnyCase: type)
                ? 3 : range.isText(inAnyCase: family) ? 2 : range.isText("*/*") ? 1 : 0
            guard precision > best.precision else { continue }
            let weight = parts.dropFirst().first { $0.prefix(2).isText(inAnyCase: "q=") }?.dropFirst(2)
            best = (precision, weight.flatMap { Double(Substring($0)) } ?? 1)
        }
        return best.quality
    }
}
