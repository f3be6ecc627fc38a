import NIOCore
import TestSupport

@testable import FeedServer

/// Of what somebody registers with, as JSON and as a form.
enum FieldsProperty {
    private static let rules: [TextRule] = [.username, .email, .password]

    static func check(_ bytes: [UInt8]) throws {
        let body = ByteBuffer(bytes: bytes)
        try check { () throws(Problem) in try FieldReader(json: body) }
        try check { () throws(Problem) in try FieldReader(form: body) }
    }

    private static func check(_ read: () throws(Problem) -> FieldReader) throws {
        var fields: FieldReader
        do throws(Problem) {
            fields = try read()
        } catch {
            return try demand(
                error.code == .malformedRequest || error.issues.map(\.parameter) == ["body"], "\(error)")
        }
        // A line's end is one character to Swift.
        let password = fields.raw("password").map { String($0.map { $0 == "\r\n" ? "\n" : $0 }) }
        fields.normalizeNewlines(of: "password")
        let texts = rules.map { fields.text($0) }
        let refused = fields.issues.map(\.parameter)
        for (rule, text) in zip(rules, texts) {
            let isGood = rule.issue(with: text) == nil
            try demand(isGood || refused.contains(rule.name), "\(rule.name) is \(text.debugDescription)")
        }
        try demand(
            (password ?? "").utf8.elementsEqual(texts[2].utf8), "\(texts[2].debugDescription) has other lines"
        )
        guard let problem = refusal(of: fields) else {
            return try demand(refused.isEmpty, "\(refused) were refused, and nobody was told")
        }
        try ParametersProperty.checkIssues(of: problem, known: rules.map(\.name))
    }

    private static func refusal(of fields: FieldReader) -> Problem? {
        var fields = fields
        do throws(Problem) {
            try fields.finish()
            return nil
        } catch {
            return error
        }
    }
}
