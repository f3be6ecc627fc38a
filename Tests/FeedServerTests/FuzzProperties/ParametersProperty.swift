import TestSupport

@testable import FeedServer

enum ParametersProperty {
    private enum Word: String, CaseIterable {
        case one, two
    }

    static func check(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let query: QueryString
        do throws(Problem) {
            query = try QueryString(text[...])
        } catch {
            return try demand(error.code == .malformedRequest && error.issues.isEmpty, "\(error)")
        }
        try demand(
            query.parameters.count <= QueryString.maximumParameters, "\(query.parameters.count) are read")
        for parameter in query.parameters {
            try demand(!(parameter.name + parameter.value).utf8.contains(0), "a NUL")
        }
        let again = try QueryString(write(query.parameters)[...])
        try demand(isSame(again.parameters, query.parameters), "written again they are \(again.parameters)")
        try checkReader(query)
    }

    /// Takes what routes take: the values are within their bounds, whatever was given, or they are refused.
    private static func checkReader(_ query: QueryString) throws {
        var reader = ParameterReader(query)
        let bounds = 1...50
        let integer = reader.integer("page_size", default: 20, in: bounds)
        try demand(bounds.contains(integer), "\(integer) is out of bounds")
        _ = reader.choice("order", default: Word.one)
        let flag = reader.flag("total")
        let cursor = reader.text("cursor")
        let known = ["page_size", "order", "total", "cursor"]
        do throws(Problem) {
            try reader.finish()
        } catch {
            return try checkIssues(of: error, known: known)
        }
        // Nothing was refused: each is given once at most, and says what was read.
        for parameter in query.parameters {
            try demand(known.contains { parameter.name.utf8.isText($0) }, "\(parameter.name) is unknown")
        }
        let given = { (name: String) in query.parameters.filter { name.utf8.isText($0.name) }.map(\.value) }
        try demand(known.allSatisfy { given($0).count < 2 }, "one is given twice")
        try demand(given("page_size").allSatisfy { Int($0) == integer }, "\(integer) was read")
        try demand(given("total").allSatisfy { $0.utf8.isText("\(flag)") }, "\(flag) was read")
        try demand(given("cursor").allSatisfy { $0.utf8.isText(cursor ?? "") }, "\(cursor ?? "") was read")
    }

    /// An answer repeats little of what it was sent, and says each thing once.
    static func checkIssues(of problem: Problem, known: [String]) throws {
        try demand(problem.code == .validation && !problem.issues.isEmpty, "\(problem)")
        try demand(
            problem.issues.count <= known.count + JSONReader.maximumMembers, "\(problem.issues.count) issues")
        let names = problem.issues.map { Array($0.parameter.utf8) }
        try demand(Set(names).count == names.count, "something is said twice: \(problem.issues)")
        for issue in problem.issues {
            try demand(issue.parameter.unicodeScalars.count <= 64, "a name of any length is repeated")
            try demand(issue.detail.utf8.count < 512, "an answer of any length: \(issue.detail)")
        }
    }

    /// By their bytes: Swift compares texts otherwise.
    private static func isSame(_ one: [QueryString.Parameter], _ other: [QueryString.Parameter]) -> Bool {
        one.elementsEqual(other) { $0.name.utf8.isText($1.name) && $0.value.utf8.isText($1.value) }
    }

    static func write(_ parameters: [QueryString.Parameter]) -> String {
        parameters.map { "\(escaped($0.name))=\(escaped($0.value))" }.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
