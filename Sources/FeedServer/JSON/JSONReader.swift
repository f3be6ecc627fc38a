/// Reads the JSON objects that requests bring (RFC 8259), strictly, going over each byte once.
///
/// Not by Foundation, which makes a dictionary of an object: what hashing a client's names costs is told in
/// `TextBytes.swift`. It also takes what readers disagree about, which is refused here: a name that is given twice
/// (section 4), a comma behind the last member, a byte order mark.
struct JSONReader {
    /// Members of an object. The most that any address takes is far below this.
    static let maximumMembers = 64
    /// Objects and lists within each other, the whole document included. No address takes more than one; a few
    /// let a mistake be told as that of a field.
    static let maximumDepth = 8

    enum Value: Hashable, Sendable {
        case text(String)
        /// A number, a truth value, null, a list or an object: no address takes one.
        case other
    }

    struct Member: Hashable, Sendable {
        var name: String
        var value: Value
    }

    enum Failure: Error, Hashable, Sendable, CaseIterable {
        case notJSON
        /// JSON, but no object.
        case noObject
        case nameRepeated
        case tooManyMembers
        case tooDeep
    }

    private let bytes: [UInt8]
    private var index = 0
    /// Objects and lists that are open.
    private var depth = 0

    /// The members of an object, in their order.
    ///
    /// - Parameter bytes: the whole document. What is no UTF-8 within a text is repaired: to be refused before.
    static func members(of bytes: some Sequence<UInt8>) throws(Failure) -> [Member] {
        var reader = JSONReader(bytes: Array(bytes))
        reader.skipSpace()
        let isObject = reader.next == UInt8(ascii: "{")
        var members: [Member] = []
        if isObject { members = try reader.object() } else { _ = try reader.value() }
        reader.skipSpace()
        guard reader.next == nil else { throw .notJSON }
        guard isObject else { throw .noObject }
        return members
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: Values

    private mutating func value() throws(Failure) -> Value {
        switch next {
        case UInt8(ascii: "\""): return .text(String(decoding: try text(), as: UTF8.self))
        case UInt8(ascii: "{"): _ = try object()
        case UInt8(ascii: "["): try list()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
        return .other
    }

    private mutating func object() throws(Failure) -> [Member] {
        var members: [Member] = []
        // Bytes: they are hashed as they are.
        var names: Set<[UInt8]> = []
        try elements(endingWith: UInt8(ascii: "}")) { (reader) throws(Failure) in
            guard reader.next == UInt8(ascii: "\"") else { throw .notJSON }
            let name = try reader.text()
            guard members.count < Self.maximumMembers else { throw .tooManyMembers }
            guard names.insert(name).inserted else { throw .nameRepeated }
            reader.skipSpace()
            try reader.take(UInt8(ascii: ":"))
            reader.skipSpace()
            members.append(Member(name: String(decoding: name, as: UTF8.self), value: try reader.value()))
        }
        return members
    }

    private mutating func list() throws(Failure) {
        try elements(endingWith: UInt8(ascii: "]")) { (reader) throws(Failure) in _ = try reader.value() }
    }

    /// Reads from an opening bracket to the one that closes it, with commas between the elements.
    private mutating func elements(
        endingWith end: UInt8, _ element: (inout JSONReader) throws(Failure) -> Void
    ) throws(Failure) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        index += 1
        skipSpace()
        if next != end {
            while true {
                try element(&self)
                skipSpace()
                guard next == UInt8(ascii: ",") else { break }
                index += 1
                skipSpace()
            }
        }
        try take(end)
        depth -= 1
    }

    private mutating func word(_ word: StaticString) throws(Failure) {
        for offset in 0..<word.utf8CodeUnitCount { try take(word.utf8Start[offset]) }
    }

    /// Section 6.
    private mutating func number() throws(Failure) {
        if next == UInt8(ascii: "-") { index += 1 }
        if next == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        guard next == UInt8(ascii: "e") || next == UInt8(ascii: "E") else { return }
        index += 1
        if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
        try digits()
    }

    /// One or more.
    private mutating func digits() throws(Failure) {
        let start = index
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw .notJSON }
    }

    // MARK: Texts

    /// Section 7, from one quotation mark to the other.
    private mutating func text() throws(Failure) -> [UInt8] {
        index += 1
        var text: [UInt8] = []
        while true {
            let start = index
            while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                index += 1
            }
            text += bytes[start..<index]
            switch next {
            case UInt8(ascii: "\""):
                index += 1
                return text
            case UInt8(ascii: "\\"):
                index += 1
                try escape(into: &text)
            default:
                // The document has ended, or this is a control character.
                throw .notJSON
            }
        }
    }

    /// Behind a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        guard let byte = next else { throw .notJSON }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar()).utf8)
        default: throw .notJSON
        }
    }

    /// Behind `\u`: four digits, or a pair of surrogates with another `\u` between them. Half a pair is no character.
    private mutating func scalar() throws(Failure) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first) else { throw .notJSON }
        try take(UInt8(ascii: "\\"))
        try take(UInt8(ascii: "u"))
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second),
            let scalar = Unicode.Scalar(0x10000 + UInt32(first & 0x3FF) << 10 + UInt32(second & 0x3FF))
        else { throw .notJSON }
        return scalar
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Self.hexadecimal(byte) else { throw .notJSON }
            unit = unit << 4 | UInt16(digit)
            index += 1
        }
        return unit
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    // MARK: Bytes

    /// The byte that comes next, `nil` at the end.
    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) throws(Failure) {
        guard next == byte else { throw .notJSON }
        index += 1
    }

    /// Section 2.
    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
    }
}
