import Foundation
import NIOCore

/// Takes the fields that an address knows out of a body and gathers everything wrong with them, so that
/// a client learns all of it at once.
///
/// Unknown fields and those of another type are errors like bad values are; in a form, repeated ones too.
/// Of two equal names in a JSON object, the first counts (RFC 8259, section 4, leaves that open).
struct FieldReader {
    /// Unknown fields that an answer names; a body has room for tens of thousands.
    private static let namedUnknownFields = 16
    /// Unicode scalars of an unknown field's name that an answer repeats.
    private static let longestName = 64

    private enum Value: Hashable, Sendable {
        case text(String)
        /// A number, a list or whatever else is no text.
        case other
    }

    private var values: [String: Value]
    private var known: Set<String> = []
    private(set) var issues: [Problem.Issue] = []

    // MARK: The two forms of a body

    /// Reads a JSON object (RFC 8259), in UTF-8.
    init(json body: ByteBuffer) throws(Problem) {
        let bytes = body.readableBytesView
        // Foundation would guess at UTF-16 where it sees a NUL.
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem(code: .malformedRequest, detail: "The body is not JSON in UTF-8.")
        }
        do {
            let fields = try JSONDecoder().decode([String: JSONField].self, from: Data(bytes))
            values = fields.mapValues { $0.text.map(Value.text) ?? .other }
        } catch DecodingError.typeMismatch, DecodingError.valueNotFound {
            throw .validation([.init(parameter: "body", detail: "must be a JSON object")])
        } catch {
            throw Problem(code: .malformedRequest, detail: "The body is not JSON.")
        }
    }

    /// Reads a form, `application/x-www-form-urlencoded`.
    init(form body: ByteBuffer) throws(Problem) {
        guard let text = String(validating: body.readableBytesView, as: UTF8.self) else {
            throw Problem(code: .malformedRequest, detail: "The form is not UTF-8.")
        }
        values = [:]
        for parameter in try QueryString(text[...], what: "form").parameters {
            if values.updateValue(.text(parameter.value), forKey: parameter.name) != nil {
                refuse(parameter.name, "is given more than once")
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
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: " or ")
            refuse(name, "must be \(words)")
            return nil
        }
        return choice
    }

    /// A text by its name, whatever it says, `nil` where it is absent.
    mutating func raw(_ name: String) -> String? {
        known.insert(name)
        switch values[name] {
        case nil: return nil
        case .text(let text): return text
        case .other:
            refuse(name, "must be text")
            return nil
        }
    }

    /// Makes each CR LF of a text one LF.
    mutating func normalizeNewlines(of name: String) {
        guard case .text(let text) = values[name] else { return }
        values[name] = .text(text.replacing("\r\n", with: "\n"))
    }

    /// Adds an error. The first of a field stands.
    mutating func refuse(_ name: String, _ detail: String) {
        guard !issues.contains(where: { $0.parameter == name }) else { return }
        issues.append(.init(parameter: name, detail: detail))
    }

    /// Ends the reading.
    ///
    /// - Throws: ``Problem/Code/validation`` with all that was wrong.
    mutating func finish() throws(Problem) {
        let unknown = values.keys.filter { !known.contains($0) }.sorted()
        if !unknown.isEmpty {
            let names = known.sorted().joined(separator: ", ")
            for name in unknown.prefix(Self.namedUnknownFields) {
                // A name may be anything; an answer repeats only what is short.
                let start = String(String.UnicodeScalarView(name.unicodeScalars.prefix(Self.longestName)))
                refuse(start, "is unknown; known are \(names)")
            }
        }
        if !issues.isEmpty { throw .validation(issues) }
    }
}

/// A value in a JSON object, as far as the API takes any: a text or not.
private struct JSONField: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            text = try container.decode(String.self)
        } catch DecodingError.typeMismatch {
            text = nil
        } catch DecodingError.valueNotFound {
            text = nil
        }
    }
}
