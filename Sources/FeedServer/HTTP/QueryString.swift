/// The parameters of a query string, decoded strictly.
///
/// `application/x-www-form-urlencoded` as the URL Standard parses it, except that nothing is
/// repaired: a broken escape, a byte that is not UTF-8 or a NUL is an error.
struct QueryString: Sendable {
    struct Parameter: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// The most parameters that any address takes is far below this.
    static let maximumParameters = 64

    let parameters: [Parameter]

    /// - Parameters:
    ///   - text: what stands behind the `?`, or `nil` where there is none.
    ///   - what: what an error calls it.
    init(_ text: Substring?, what: String = "query") throws(Problem) {
        guard let text, !text.isEmpty else {
            parameters = []
            return
        }
        var parsed: [Parameter] = []
        for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
            guard parsed.count < Self.maximumParameters else {
                throw Problem(code: .malformedRequest, detail: "The \(what) has too many parameters.")
            }
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            guard let name = Self.decode(pair[..<(equals ?? pair.endIndex)]),
                let value = Self.decode(equals.map { pair[pair.index(after: $0)...] } ?? pair.suffix(0))
            else {
                throw Problem(
                    code: .malformedRequest,
                    detail: "The \(what) can't be decoded: write each % as %25 and send UTF-8 without NUL.")
            }
            parsed.append(Parameter(name: name, value: value))
        }
        parameters = parsed
    }

    private static func decode(_ text: Substring.UTF8View.SubSequence) -> String? {
        let isPlain = text.allSatisfy { byte in
            byte != UInt8(ascii: "%") && byte != UInt8(ascii: "+") && byte != 0 && byte < 0x80
        }
        if isPlain { return String(Substring(text)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexadecimal),
                    let low = rest.popFirst().flatMap(hexadecimal)
                else { return nil }
                bytes.append(high << 4 | low)
            default:
                bytes.append(byte)
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
