/// The parameters behind a field's value: `; name=value`, once or more.
struct MultipartParameters {
    /// How a value between quotation marks is written.
    enum Quoting {
        /// A backslash stands before any character (RFC 9110, section 5.6.4).
        case http
        /// As browsers write names: `"`, CR and LF as `%22`, `%0D` and `%0A`, and nothing else encoded (HTML
        /// Standard, "multipart/form-data encoding algorithm"). Other clients put a backslash before `"` and `\`;
        /// before any other character it's part of the name, as in paths that some browsers send.
        case form
    }

    private var rest: ArraySlice<UInt8>
    private let quoting: Quoting
    /// What is wrong where something is.
    private let mistake: MultipartError

    init(_ bytes: ArraySlice<UInt8>, quoting: Quoting, mistake: MultipartError) {
        rest = bytes
        self.quoting = quoting
        self.mistake = mistake
    }

    /// - Returns: a name in lower case and a value without its quotation marks; `nil` behind the last.
    mutating func next() throws(MultipartError) -> (name: String, value: [UInt8])? {
        repeat {
            rest = rest.drop(while: Self.isBlank)
            guard let semicolon = rest.popFirst() else { return nil }
            guard semicolon == UInt8(ascii: ";") else { throw mistake }
            rest = rest.drop(while: Self.isBlank)
            // In HTTP a semicolon without a parameter is allowed: RFC 9110, section 5.6.6.
        } while quoting == .http && (rest.isEmpty || rest.first == UInt8(ascii: ";"))
        let name = takeToken()
        guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { throw mistake }
        return (String(decoding: name, as: UTF8.self).lowercased(), try takeValue())
    }

    private mutating func takeValue() throws(MultipartError) -> [UInt8] {
        guard rest.first == UInt8(ascii: "\"") else {
            let token = takeToken()
            guard !token.isEmpty else { throw mistake }
            return Array(token)
        }
        rest.removeFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return value
            case UInt8(ascii: "\\"): value.append(takeEscaped())
            case UInt8(ascii: "%"): value.append(takeEncoded())
            default: value.append(byte)
            }
        }
        throw mistake
    }

    /// Behind a backslash.
    private mutating func takeEscaped() -> UInt8 {
        let backslash = UInt8(ascii: "\\")
        // Without anything behind it, the quotation mark that ends the value is missing: seen next.
        guard let byte = rest.first else { return backslash }
        if quoting == .form, byte != backslash, byte != UInt8(ascii: "\"") { return backslash }
        rest.removeFirst()
        return byte
    }

    /// Behind a percent sign.
    private mutating func takeEncoded() -> UInt8 {
        let percent = UInt8(ascii: "%")
        guard quoting == .form else { return percent }
        let byte: UInt8
        switch (rest.first, rest.dropFirst().first) {
        case (UInt8(ascii: "2"), UInt8(ascii: "2")): byte = UInt8(ascii: "\"")
        case (UInt8(ascii: "0"), UInt8(ascii: "D")): byte = UInt8(ascii: "\r")
        case (UInt8(ascii: "0"), UInt8(ascii: "A")): byte = UInt8(ascii: "\n")
        default: return percent
        }
        rest.removeFirst(2)
        return byte
    }

    private mutating func takeToken() -> ArraySlice<UInt8> {
        let token = rest.prefix(while: Self.isTokenCharacter)
        rest = rest[token.endIndex...]
        return token
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// `tchar` of RFC 9110, section 5.6.2.
    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
