/// Reads the header fields of a part, line by line.
///
/// Only those of RFC 7578 have a meaning; others have to be ignored (section 4.8), and some clients do send them.
struct MultipartFields {
    private let limits: MultipartLimits
    private var count = 0
    private var disposition: (name: String, filename: String?)?
    private var contentType: String?
    private var hasTransferEncoding = false

    init(limits: MultipartLimits) {
        self.limits = limits
    }

    /// - Parameter line: without its CR LF, and without a control character besides tabs.
    mutating func add(_ line: [UInt8]) throws(MultipartError) {
        guard line.first.map(MultipartParameters.isBlank) != true else { throw .foldedField }
        count += 1
        guard count <= limits.headerFields else { throw .tooManyFields }
        guard String(validating: line, as: UTF8.self) != nil else { throw .notUTF8 }
        let name = line.prefix(while: MultipartParameters.isTokenCharacter)
        guard !name.isEmpty, name.endIndex < line.endIndex, line[name.endIndex] == UInt8(ascii: ":") else {
            throw .notAField
        }
        let value = line[name.endIndex...].dropFirst().withoutBlanks

        switch String(decoding: name, as: UTF8.self).lowercased() {
        case "content-disposition":
            guard disposition == nil else { throw .fieldRepeated }
            disposition = try Self.disposition(value)
        case "content-type":
            guard contentType == nil else { throw .fieldRepeated }
            guard (1...limits.contentTypeBytes).contains(value.count), value.allSatisfy({ $0 < 0x80 }) else {
                throw .contentType
            }
            contentType = String(decoding: value, as: UTF8.self)
        case "content-transfer-encoding":
            guard !hasTransferEncoding else { throw .fieldRepeated }
            // Those that leave the bytes as they are: RFC 2045, section 6.2. Clients no longer send others.
            guard ["7bit", "8bit", "binary"].contains(where: { value.isText(inAnyCase: $0) }) else {
                throw .transferEncoding
            }
            hasTransferEncoding = true
        default:
            break
        }
    }

    /// At the empty line.
    func part() throws(MultipartError) -> MultipartPart {
        guard let disposition else { throw .dispositionMissing }
        return MultipartPart(
            name: disposition.name, filename: disposition.filename, contentType: contentType)
    }

    /// RFC 7578, section 4.2.
    private static func disposition(_ value: ArraySlice<UInt8>) throws(MultipartError) -> (String, String?) {
        let type = value.prefix(while: MultipartParameters.isTokenCharacter)
        guard type.isText(inAnyCase: "form-data") else { throw .dispositionType }
        var parameters = MultipartParameters(
            value[type.endIndex...], quoting: .form, mistake: .dispositionParameters)
        // By name, which is a token, of ASCII.
        var values: [String: String] = [:]
        while let (name, value) = try parameters.next() {
            // `filename*` must not be used. With both, readers disagree which of them counts.
            guard !name.hasSuffix("*") else { throw .extendedParameter }
            // The line is UTF-8, and what is decoded in it and taken out of it is ASCII.
            let text = String(decoding: value, as: UTF8.self)
            guard values.updateValue(text, forKey: name) == nil else { throw .parameterRepeated }
        }
        guard let name = values["name"] else { throw .nameMissing }
        return (name, values["filename"])
    }
}
