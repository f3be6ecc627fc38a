import NIOCore

/// Takes the fields that an address knows out of a body and gathers everything wrong with them, so that
/// a client learns all of it at once.
///
/// Unknown fields and those of another type are errors like bad values are; in a form, repeated ones too. A JSON
/// object that repeats a name is none for ``JSONReader``.
struct FieldReader {
    /// Unknown fields that an answer names.
    private static let namedUnknownFields = 16
    /// Unicode scalars of a field's name that an answer repeats: a name may be anything.
    private static let longestName = 64

    /// A list, because its names are a client's: see `TextBytes.swift`. The readers bound how many there are.
    private var fields: [JSONReader.Member]
    private var known: [String] = []
    private(set) var issues: [Problem.Issue] = []

    // MARK: The two forms of a body

    /// Reads a JSON object (RFC 8259), in UTF-8.
    init(json body: ByteBuffer) throws(Problem) {
        let bytes = body.readableBytesView
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem(code: .malformedRequest, detail: "The body is not JSON in UTF-8.")
        }
        do {
            fields = try JSONReader.members(of: bytes)
        } catch {
            throw Problem(error)
        }
    }

    /// Reads a form, `application/x-www-form-urlencoded`.
    init(form body: ByteBuffer) throws(Problem) {
        guard let text = String(validating: body.readableBytesView, as: UTF8.self) else {
            throw Problem(code: .malformedRequest, detail: "The form is not UTF-8.")
        }
        fields = []
        for parameter in try QueryString(text[...], what: "form").parameters {
            if place(of: parameter.name) != nil {
                refuse(parameter.name.shortened(to: Self.longestName), "is given more than once")
            } else {
                fields.append(.init(name: parameter.name, value: .text(parameter.value)))
            }
        }
    }

    // MARK: Fields

    /// A text that has to be there. Where it is wrong, what was sent, and the fault is kept.
    mutating func text(_ rule: TextRule) -> String {
        guard let text = optionalText(rule) else {
            refuse(rule.name, "is missing; it must be \(rule.hint)")
            return ""
        }
        return text
    }

    /// A text that may be absent.
    mutating func optionalText(_ rule: TextRule) -> String? {
        guard let text = raw(rule.name) else { return nil }
        if let issue = rule.issue(with: text) { refuse(rule.name, issue) }
        return text
    }

    /// One of a few words, `nil` where it is absent.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, of: Choice.Type
    ) -> Choice? {
        guard let text = raw(name) else { return nil }
        guard let choice = Choice(named: text) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: " or ")
            refuse(name, "must be \(words)")
            return nil
        }
        return choice
    }

    /// A text by its name, whatever it says, `nil` where it is absent.
    mutating func raw(_ name: String) -> String? {
        known.append(name)
        guard let place = place(of: name) else { return nil }
        guard case .text(let text) = fields[place].value else {
            refuse(name, "must be text")
            return nil
        }
        return text
    }

    /// Makes each CR LF of a text one LF.
    mutating func normalizeNewlines(of name: String) {
        guard let place = place(of: name), case .text(let text) = fields[place].value else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n"), bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            bytes.append(byte)
        }
        fields[place].value = .text(String(decoding: bytes, as: UTF8.self))
    }

    /// Adds an error. The first of a field stands.
    mutating func refuse(_ name: String, _ detail: String) {
        guard !issues.contains(where: { name.utf8.isText($0.parameter) }) else { return }
        issues.append(.init(parameter: name, detail: detail))
    }

    /// Ends the reading.
    ///
    /// - Throws: ``Problem/Code/validation`` with all that was wrong.
    mutating func finish() throws(Problem) {
        let unknown = fields.map(\.name).filter { name in !known.contains { name.utf8.isText($0) } }
            .map { $0.shortened(to: Self.longestName) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let names = Set(known).sorted().joined(separator: ", ")
        for name in unknown.prefix(Self.namedUnknownFields) {
            refuse(name, "is unknown; known are \(names)")
        }
        if !issues.isEmpty { throw .validation(issues) }
    }

    private func place(of name: String) -> Int? {
        fields.firstIndex { $0.name.utf8.isText(name) }
    }
}

extension Problem {
    fileprivate init(_ failure: JSONReader.Failure) {
        switch failure {
        case .noObject:
            self = .validation([.init(parameter: "body", detail: "must be a JSON object")])
        case .notJSON:
            self.init(code: .malformedRequest, detail: "The body is not JSON.")
        case .nameRepeated:
            self.init(code: .malformedRequest, detail: "The body gives a name more than once.")
        case .tooManyMembers:
            self.init(code: .malformedRequest, detail: "The body has too many fields.")
        case .tooDeep:
            self.init(code: .malformedRequest, detail: "The body is too deep.")
        }
    }
}
