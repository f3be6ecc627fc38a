// Text from outside is looked at by its bytes: through `utf8`, and with what is here.
//
// Swift compares and hashes a `String` by canonical equivalence, for which it sorts each run of combining marks:
// in the square of the run's length, 22 s for 250 KB. The same goes for each `Character` that `split`, `contains`
// or `replacing` compares. So nothing that a client has written becomes the key of a dictionary, or is compared,
// taken apart or trimmed, as a `String` or by `Character`s. Two texts are the same if their bytes are. Only of a
// request's target the parts are `String`s to the framework: NIO's decoder takes none that is not ASCII.

extension Collection<UInt8> {
    /// Whether these are the bytes of a text.
    func isText(_ text: some StringProtocol) -> Bool {
        count == text.utf8.count && elementsEqual(text.utf8)
    }

    /// Whether these are the bytes of a text, where letters of ASCII may be of either case.
    func isText(inAnyCase text: some StringProtocol) -> Bool {
        count == text.utf8.count
            && elementsEqual(text.utf8) { $0.lowercasedInASCII == $1.lowercasedInASCII }
    }
}

extension UInt8 {
    /// The same byte, unless it is a capital letter of ASCII: then the small one.
    var lowercasedInASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

extension BidirectionalCollection<UInt8> where SubSequence == Self {
    /// Without optional white space around it (RFC 9110, section 5.6.3).
    var withoutBlanks: Self {
        var text = drop(while: Self.isBlank)
        while let last = text.last, Self.isBlank(last) { text.removeLast() }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}

extension CaseIterable where Self: RawRepresentable<String> {
    /// The case that a text names, instead of `init(rawValue:)`, which compares `String`s.
    init?(named text: String) {
        guard let named = Self.allCases.first(where: { text.isWord($0.rawValue) }) else { return nil }
        self = named
    }
}

extension String {
    /// Whether the text is one of the server's own words, which are of ASCII: the name of a parameter, say.
    ///
    /// The same as ``Swift/Collection/isText(_:)``, and quicker: it is asked for every page. What is canonically equal
    /// to ASCII without being the same is longer in UTF-8, as U+212A is, three bytes that equal a `K`. So nothing
    /// longer than the word is compared, and nothing else is equal to it.
    func isWord(_ word: String) -> Bool {
        utf8.count == word.utf8.count && self == word
    }

    /// Its beginning, for an answer that repeats what is wrong.
    ///
    /// - Parameter length: in Unicode scalars.
    func shortened(to length: Int) -> String {
        String(UnicodeScalarView(unicodeScalars.prefix(length)))
    }
}
