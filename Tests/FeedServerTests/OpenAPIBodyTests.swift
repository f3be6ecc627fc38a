import CFeedResources
import FeedStore
import Foundation
import Testing

@testable import FeedServer

/// What the OpenAPI document says of bodies is what the code holds them to. Its bounds are compared with the
/// rules of the code and tried on them; none stands here a second time.
struct OpenAPIBodyTests {
    /// The rules by the names of the fields that are held to them.
    private static let rules: [String: TextRule] = [
        "username": .username, "email": .email, "password": .password, "title": .title,
        "content": .content,
    ]

    private static let ruleNames = rules.keys.sorted()
    private static let methods = ["delete", "get", "patch", "post", "put"]

    /// Read once: it is large, and there is a test for each rule.
    private static let document = Result { try JSONValue(json: Data(FeedResource.openapi_json.bytes)) }

    private let document: JSONValue

    init() throws {
        document = try Self.document.get()
    }

    // MARK: Fields

    @Test func boundsOfFieldsAreThoseOfTheRules() throws {
        let bodies = try operations().map { body($0, "application/json") }.filter { $0 != .null }
        #expect(bodies.count == 6)
        var checked: Set<String> = []
        for body in bodies {
            for name in body["properties"].names {
                let schema = body["properties"][name].resolved(in: document)
                #expect(schema["type"].text == "string")
                if name == "status" {
                    #expect(schema["enum"].list?.compactMap(\.text) == PostStatus.allCases.map(\.rawValue))
                    continue
                }
                if name == FieldReader.currentPasswordName {
                    // Whatever it is, it is right or wrong.
                    for bound in ["minLength", "maxLength", "pattern"] { #expect(schema[bound] == .null) }
                    continue
                }
                let rule = try #require(Self.rules[name], "\(name)")
                #expect(schema["minLength"].integer == rule.length.lowerBound, "\(name)")
                #expect(schema["maxLength"].integer == rule.length.upperBound, "\(name)")
                #expect(schema["pattern"].text == rule.pattern, "\(name)")
                checked.insert(name)
            }
        }
        #expect(checked == Set(Self.ruleNames))
    }

    @Test func noBodyHasFieldsThatAreNotNamed() throws {
        var count = 0
        for operation in try operations() {
            let content = operation["requestBody"]["content"]
            for type in content.names {
                count += 1
                #expect(body(operation, type)["additionalProperties"] == .bool(false))
            }
        }
        #expect(count == 8)
    }

    @Test func whatTakesAnAccountNeedsTheCurrentPassword() {
        let schemas = document["components"]["schemas"]
        let needs = JSONValue.list([.text(FieldReader.currentPasswordName)])
        #expect(schemas["UserChanges"]["dependentRequired"] == .object(["email": needs, "password": needs]))
        #expect(schemas["AccountDeletion"]["required"] == needs)
    }

    @Test func bodiesOfTheExamplesAreGood() throws {
        var count = 0
        for operation in try operations() {
            let content = operation["requestBody"]["content"]["application/json"]
            let fields = body(operation, "application/json")
            for name in content["examples"].names {
                let example = content["examples"][name]["value"]
                let required = fields["required"].list?.compactMap(\.text) ?? []
                #expect(Set(required).isSubset(of: example.names))
                #expect(Set(example.names).isSubset(of: fields["properties"].names))
                for field in example.names {
                    let text = try #require(example[field].text)
                    #expect(Self.rules[field]?.issue(with: text) == nil, "\(name)")
                }
                count += 1
            }
        }
        #expect(count == 10)
    }

    // MARK: Rules

    @Test(arguments: ruleNames)
    func boundsAreAcceptedAndWhatLiesOutsideIsNot(_ name: String) throws {
        let schema = try schema(of: name)
        let shortest = try #require(schema["minLength"].integer)
        let longest = try #require(schema["maxLength"].integer)
        let rule = try #require(Self.rules[name])
        for length in [shortest, longest] {
            #expect(rule.issue(with: text(for: name, length: length)) == nil, "\(length)")
        }
        for length in [shortest - 1, longest + 1] {
            #expect(rule.issue(with: text(for: name, length: length)) != nil, "\(length)")
        }
    }

    /// JSON Schema counts code points, which is neither what a person sees nor what a file holds.
    @Test(arguments: ["password", "title", "content"], ["e\u{301}", "🇫🇮"])
    func lengthsAreCountedInUnicodeScalars(_ name: String, _ character: String) throws {
        let longest = try #require(try schema(of: name)["maxLength"].integer)
        let rule = try #require(Self.rules[name])
        let text = String(repeating: character, count: longest / 2)
        #expect(text.unicodeScalars.count == longest)
        #expect(rule.issue(with: text) == nil)
        #expect(rule.issue(with: text + character) != nil)
    }

    @Test(arguments: ruleNames)
    func patternsSayWhatTheRulesSay(_ name: String) throws {
        let schema = try schema(of: name)
        let pattern = try Regex(try #require(schema["pattern"].text)).matchingSemantics(.unicodeScalar)
        let rule = try #require(Self.rules[name])
        let good = text(for: name, length: try #require(schema["minLength"].integer) + 5)
        let additions = [
            "\0", "\n", " ", "é", "\u{301}", "\u{200D}", "@", ".", "-", "_", "'", "/", "<", "A", "0",
        ]
        let addresses = [
            "noor@example", "noor@@example", "@example.org.", "noor.@example", "noor@-example",
            "noor@example-", "noor@exa_mple", "noor@example..org",
            "noor@\(String(repeating: "a", count: 63))", "noor@\(String(repeating: "a", count: 64))",
            "noor@example.\(String(repeating: "b", count: 64))",
        ]
        for sample in additions.flatMap({ [good + $0, $0 + good] }) + addresses {
            let matches = sample.wholeMatch(of: pattern) != nil
            #expect((rule.issue(with: sample) == nil) == matches, "\(sample.debugDescription)")
        }
        #expect(rule.issue(with: good + "\0") != nil)
    }

    // MARK: Sizes

    @Test func sizesAreTheLimits() {
        let components = document["components"]
        let file = components["schemas"]["PictureUpload"]["properties"]["file"]
        #expect(file["maxLength"].integer == BodyLimits.picture)
        let json = "\(BodyLimits.json >> 20) MiB"
        let form = "\(BodyLimits.form >> 10) KiB"
        let picture = "\(BodyLimits.picture >> 20) MiB"
        let texts = [
            (document["info"]["description"].text, [json, form, picture]),
            (components["schemas"]["Content"]["description"].text, [json]),
            (file["description"].text, [picture]),
            (components["responses"]["PayloadTooLarge"]["description"].text, [json, form]),
            (components["responses"]["PictureTooLarge"]["description"].text, [picture]),
        ]
        for (text, sizes) in texts {
            for size in sizes { #expect(text?.contains(size) == true, "\(size)") }
        }
    }

    // MARK: Answers

    /// Whoever may send a token, or has to, is told that it may be refused, and nobody else.
    @Test func operationsThatTakeATokenCanRefuseIt() throws {
        for operation in try operations() {
            let takesToken = operation["security"].list?.contains { $0.names == ["bearer"] } ?? false
            let refuses = operation["responses"]["401"]["$ref"].text == "#/components/responses/Unauthorized"
            #expect(takesToken == refuses, "\(operation["operationId"].text ?? "")")
        }
    }

    @Test func operationsThatTakeABodyCanRefuseIt() throws {
        for operation in try operations() {
            let statuses = Set(operation["responses"].names)
            let takesBody = operation["requestBody"] != .null
            #expect(statuses.isSuperset(of: ["413", "415"]) == takesBody)
            #expect(!takesBody || statuses.isSuperset(of: ["400", "422"]))
        }
    }

    // MARK: Parts

    private func operations() throws -> [JSONValue] {
        let found = document["paths"].names.flatMap { path in
            Self.methods.map { document["paths"][path][$0] }.filter { $0 != .null }
        }
        try #require(found.count > document["paths"].names.count)
        return found
    }

    /// The schema of an operation's body; ``JSONValue/null`` where it takes none of this type.
    private func body(_ operation: JSONValue, _ type: String) -> JSONValue {
        operation["requestBody"]["content"][type]["schema"].resolved(in: document)
    }

    /// The schema of a field, wherever it is.
    private func schema(of field: String) throws -> JSONValue {
        let fields = try operations().map { body($0, "application/json")["properties"][field] }
        return try #require(fields.first { $0 != .null }).resolved(in: document)
    }

    /// A text with so many characters, good but for its length.
    private func text(for name: String, length: Int) -> String {
        guard name == "email" else { return String(repeating: "a", count: length) }
        let domain = "@b"
        return String(repeating: "a", count: max(0, length - domain.count)) + domain.suffix(length)
    }
}
