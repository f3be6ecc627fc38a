import Foundation

/// JSON as it stands there. What is not there is ``null``.
enum JSONValue: Decodable, Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(json: Data) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: json)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // Each failed attempt says only that the value is of another kind; the last one may throw.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    subscript(name: String) -> JSONValue {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    /// The names of an object's members, sorted.
    var names: [String] {
        if case .object(let members) = self { members.keys.sorted() } else { [] }
    }

    var list: [JSONValue]? {
        if case .list(let values) = self { values } else { nil }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var integer: Int? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    /// As it stands in a query.
    var queryText: String? {
        switch self {
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .text(let text): text
        case .null, .number, .list, .object: nil
        }
    }

    /// What a `$ref` in a document stands for; anything else stands for itself.
    func resolved(in document: JSONValue) -> JSONValue {
        guard let reference = self["$ref"].text else { return self }
        let names = reference.split(separator: "/").dropFirst()
        return names.reduce(document) { $0[String($1)] }.resolved(in: document)
    }
}
