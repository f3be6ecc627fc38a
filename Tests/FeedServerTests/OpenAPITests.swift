import CFeedResources
import CountCache
import FeedStore
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// The OpenAPI document says what the code does. Its bounds are compared with the constants of the
/// code and tried on the decoder; none stands here a second time.
struct OpenAPITests {
    private static let resources: [Resource] = [.posts, .userPosts(userID: 1), .users]

    private static let collections = resources.flatMap { resource in
        Paging.allCases.map { CollectionTarget(resource: resource, paging: $0) }
    }

    /// Read once, and not by every case of every test.
    private static let document = Result { try JSONValue(json: Data(FeedResource.openapi_json.bytes)) }

    private let document: JSONValue
    private let limits = PagingLimits()
    private let decoder: PagingDecoder

    init() throws {
        document = try Self.document.get()
        decoder = PagingDecoder(
            limits: limits, cursors: PageCursorCodec(secret: Array("the secret of a test".utf8)))
    }

    // MARK: Addresses

    @Test func everyCollectionIsDocumented() {
        let paths = Set(document["paths"].names)
        #expect(paths.isSuperset(of: Self.collections.map(\.pattern)))
    }

    /// The methods of the document are those that are answered; every other one is refused, and told
    /// which are not.
    @Test func everyDocumentedMethodIsAnsweredAndNoOther() async throws {
        let methods: [HTTPMethod] = [.GET, .POST, .PUT, .PATCH, .DELETE]
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(database: folder.path("feed.sqlite")) { server in
            for pattern in document["paths"].names {
                let documented = methods.filter {
                    document["paths"][pattern][$0.rawValue.lowercased()] != .null
                }
                let path = pattern.replacing(/{[a-z_]+}/, with: "1")
                for method in methods {
                    let reply = try await server.send(method, path)
                    let isAnswered = reply.code != Problem.Code.methodNotAllowed.rawValue
                    #expect(isAnswered == documented.contains(method), "\(method) \(pattern)")
                    guard !isAnswered else { continue }
                    let allow = reply.header("Allow")?.components(separatedBy: ", ") ?? []
                    #expect(
                        Set(allow.filter { $0 != "HEAD" }) == Set(documented.map(\.rawValue)), "\(pattern)")
                    #expect(allow.contains("HEAD") == allow.contains("GET"))
                }
            }
        }
    }

    /// A parameter that no one has heard of is refused wherever the document says so.
    @Test func unknownParametersAreRefused() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(database: folder.path("feed.sqlite")) { server in
            let user = try await server.makeUser("mara")
            for pattern in document["paths"].names where document["paths"][pattern]["get"] != .null {
                let path = pattern.replacing(/{[a-z_]+}/, with: "1")
                let reply = try await server.get("\(path)?unheard-of=1", headers: user.headers)
                let isDocumented = document["paths"][pattern]["get"]["responses"].names.contains("422")
                #expect((reply.code == Problem.Code.validation.rawValue) == isDocumented, "\(pattern)")
            }
        }
    }

    @Test func idsHaveTheirBounds() throws {
        let schema = document["components"]["schemas"]["ID"]
        let minimum = try #require(schema["minimum"].integer)
        let maximum = try #require(schema["maximum"].integer)
        #expect(Int64(maximum) == ResourceID.maximum)
        for id in [minimum, maximum] { #expect(ResourceID("\(id)") != nil) }
        for id in [minimum - 1, maximum + 1] { #expect(ResourceID("\(id)") == nil) }
    }

    // MARK: Parameters

    @Test(arguments: collections)
    func parametersAreThoseThatTheDecoderKnows(_ target: CollectionTarget) throws {
        let unheardOf = "unheard-of"
        let problem = try #require(refusal(target, "\(unheardOf)=1"))
        let issue = try #require(problem.issues.first)
        #expect(problem.issues.map(\.parameter) == [unheardOf])
        let known = try #require(issue.detail.split(separator: "known are ").last)
        let names = Set(known.split(separator: ", ").map(String.init))
        #expect(names == Set(try parameters(of: target).map(\.name)))
        #expect(names == Set(target.parameters))
    }

    @Test(arguments: collections)
    func boundsAreAcceptedAndWhatLiesOutsideIsNot(_ target: CollectionTarget) throws {
        let parameters = try parameters(of: target)
        for parameter in parameters where parameter.schema["type"].text == "integer" {
            let minimum = try #require(parameter.schema["minimum"].integer)
            let maximum = try #require(parameter.schema["maximum"].integer)
            // The page's own bound depends on the page size: all others are at their least.
            let others = parameters.filter { $0.name != parameter.name }.compactMap { other in
                other.schema["minimum"].integer.map { "&\(other.name)=\($0)" }
            }.joined()
            for value in [minimum, maximum] {
                #expect(refusal(target, "\(parameter.name)=\(value)\(others)") == nil)
            }
            for value in [minimum - 1, maximum + 1] {
                expectRefused(parameter.name, target, "\(parameter.name)=\(value)\(others)")
            }
        }
    }

    @Test(arguments: collections)
    func wordsAreAcceptedAndOthersAreNot(_ target: CollectionTarget) throws {
        let words = ["order": Order.allCases.map(\.rawValue), "status": PostStatus.allCases.map(\.rawValue)]
        for parameter in try parameters(of: target) {
            let documented: [String]
            if parameter.schema["type"].text == "boolean" {
                documented = ["false", "true"]
            } else if let list = parameter.schema["enum"].list {
                documented = list.compactMap(\.text)
                #expect(documented == words[parameter.name])
            } else {
                continue
            }
            for word in documented {
                // Drafts are a choice that is understood, and then refused to strangers.
                let code = refusal(target, "\(parameter.name)=\(word)")?.code
                #expect(code == (word == PostStatus.draft.rawValue ? .forbidden : nil))
                expectRefused(parameter.name, target, "\(parameter.name)=\(word.uppercased())")
            }
            expectRefused(parameter.name, target, "\(parameter.name)=")
        }
    }

    @Test(arguments: collections)
    func defaultsAreWhatAnAbsentParameterMeans(_ target: CollectionTarget) throws {
        let absent = try decoder.decode(target, query: nil)
        for parameter in try parameters(of: target) where parameter.name != "cursor" {
            let standard = try #require(parameter.schema["default"].queryText)
            let given = try decoder.decode(target, query: "\(parameter.name)=\(standard)")
            #expect(given.query == absent.query)
            #expect(given.envelope == absent.envelope)
            #expect(given.status == absent.status)
            let twice = "\(parameter.name)=\(standard)&\(parameter.name)=\(standard)"
            expectRefused(parameter.name, target, twice)
        }
    }

    @Test(arguments: collections)
    func boundsAreTheConstants(_ target: CollectionTarget) throws {
        for parameter in try parameters(of: target) {
            let schema = parameter.schema
            switch (target.paging, parameter.name) {
            case (.offset, "limit"), (.pages, "page_size"):
                #expect(schema["maximum"].integer == PagingLimits.maximumPageSize)
                #expect(schema["default"].integer == limits.postsPerPage)
            case (.feed, "page_size"):
                #expect(schema["maximum"].integer == PagingLimits.maximumFeedPageSize)
                #expect(schema["default"].integer == PagingLimits.standardFeedPageSize)
            case (.offset, "skip"):
                #expect(schema["maximum"].integer == limits.maximumSkip)
            case (.pages, "page"):
                #expect(schema["maximum"].integer == limits.maximumSkip + 1)
            case (.feed, "cursor"):
                #expect(schema["maxLength"].integer == PageCursorCodec.maximumLength)
                #expect(refusal(target, "cursor=") == nil)
                #expect(refusal(target, "cursor=A")?.code == .cursorInvalid)
            case (_, "order"):
                #expect(schema["default"].text == target.resource.standardOrder.rawValue)
            default:
                // The two that have no constant: which posts, and whether there is a total.
                #expect(["status", "total"].contains(parameter.name))
            }
        }
    }

    // MARK: Answers

    @Test(arguments: collections)
    func statusesAreThoseOfTheProblems(_ target: CollectionTarget) throws {
        var codes: Set<Problem.Code> = [
            .malformedRequest, .methodNotAllowed, .notAcceptable, .validation, .internal, .unavailable,
        ]
        if target.paging == .feed { codes.formUnion([.cursorInvalid, .cursorMismatch, .cursorExpired]) }
        if target.resource.takesStatus { codes.formUnion([.forbidden, .unauthorized]) }
        if target.resource.belongsToUser { codes.insert(.notFound) }
        let statuses = codes.map(\.status) + [.ok, .notModified]
        let responses = document["paths"][target.pattern]["get"]["responses"]
        #expect(Set(responses.names) == Set(statuses.map { "\($0.code)" }))

        // Each of those codes is shown by an example.
        let shown = responses.names.flatMap { status in
            problems(in: resolve(responses[status])).compactMap { $0["code"].text }
        }
        #expect(Set(shown) == Set(codes.map(\.rawValue)))
    }

    @Test func problemsAreThoseOfTheCode() {
        let schemas = document["components"]["schemas"]
        #expect(
            schemas["ProblemCode"]["enum"].list?.compactMap(\.text) == Problem.Code.allCases.map(\.rawValue))
        let codes = Dictionary(uniqueKeysWithValues: Problem.Code.allCases.map { ($0.rawValue, $0) })
        let operations = document["paths"].names.flatMap { path in
            document["paths"][path].names.map { document["paths"][path][$0] }
        }
        for responses in operations.map({ $0["responses"] }) {
            for status in responses.names {
                for problem in problems(in: resolve(responses[status])) {
                    let code = problem["code"].text.flatMap { codes[$0] }
                    #expect(code.map { "\($0.status.code)" } == status)
                    #expect(problem["status"].integer == code?.status.code)
                    #expect(problem["title"].text == code?.title)
                    #expect(problem["type"].text == code.map { "/problems/\($0.rawValue)" })
                }
            }
        }
    }

    /// Where it is said what ends a token, all is.
    @Test func whatEndsATokenIsTold() {
        let components = document["components"]
        for place in [components["securitySchemes"]["bearer"], components["responses"]["Unauthorized"]] {
            let text = place["description"].text ?? ""
            for end in ["password", "e-mail address", "all sessions are ended", "account is deleted"] {
                #expect(text.contains(end), "\(text)")
            }
        }
    }

    /// A request for another host was understood, and the next one is read.
    @Test func theConnectionIsSaidToCloseBehindWhatItClosesBehind() throws {
        let text = try #require(document["info"]["description"].text)
        let closing = try #require(text.range(of: "The connection is closed behind these"))
        #expect(text[..<closing.lowerBound].contains("`not-implemented`"))
        #expect(!text[..<closing.lowerBound].contains("421"))
        #expect(text[closing.upperBound...].contains("421"))
    }

    @Test func rowsHaveTheDocumentedFields() throws {
        let author = Author(id: 1, username: "mara", imageFile: nil)
        let post = Post(
            id: 1, author: author, title: "", content: "", status: .published,
            datePosted: Timestamp(microseconds: 0), updatedAt: nil)
        let rows = [
            "Author": JSONDocument.encode(AuthorDocument(author)),
            "Post": JSONDocument.encode(PostDocument(post)),
            "PrivateUser": JSONDocument.encode(UserDocument(User(author: author, email: "mara@example.com"))),
            "Token": JSONDocument.encode(TokenDocument(accessToken: "", expiresIn: 1)),
        ]
        for (name, row) in rows {
            let fields = try JSONValue(json: Data(row.readableBytesView)).names
            let schema = document["components"]["schemas"][name]
            #expect(fields == schema["properties"].names)
            #expect(fields == schema["required"].list?.compactMap(\.text).sorted())
        }
    }

    @Test func fixedWordsAreThoseOfTheCode() {
        let components = document["components"]
        func words(_ schema: JSONValue) -> Set<String> { Set(schema["enum"].list?.compactMap(\.text) ?? []) }
        let post = components["schemas"]["Post"]["properties"]
        #expect(words(post["status"]) == Set(PostStatus.allCases.map(\.rawValue)))
        let source = components["headers"]["TotalCountSource"]["schema"]
        #expect(words(source) == Set(CountSource.allCases.map(\.rawValue)))
        let readiness = components["schemas"]["Readiness"]["properties"]
        #expect(words(readiness["redis"]) == Set(RedisState.allCases.map(\.rawValue)))
    }

    // MARK: Parts

    private struct Parameter {
        var name: String
        var schema: JSONValue
    }

    /// The documented query parameters of a collection.
    private func parameters(of target: CollectionTarget) throws -> [Parameter] {
        let list = try #require(document["paths"][target.pattern]["get"]["parameters"].list)
        return try list.map(resolve).filter { $0["in"].text == "query" }.map { parameter in
            Parameter(name: try #require(parameter["name"].text), schema: resolve(parameter["schema"]))
        }
    }

    private func problems(in response: JSONValue) -> [JSONValue] {
        let examples = response["content"]["application/problem+json"]["examples"]
        return examples.names.map { examples[$0]["value"] }
    }

    /// What a `$ref` stands for.
    private func resolve(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"].text else { return value }
        return resolve(reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] })
    }

    private func refusal(_ target: CollectionTarget, _ query: String) -> Problem? {
        do {
            _ = try decoder.decode(target, query: query[...])
            return nil
        } catch {
            return error
        }
    }

    private func expectRefused(
        _ parameter: String, _ target: CollectionTarget, _ query: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let problem = refusal(target, query)
        #expect(problem?.code == .validation, "\(query)", sourceLocation: sourceLocation)
        #expect(problem?.issues.map(\.parameter) == [parameter], "\(query)", sourceLocation: sourceLocation)
    }
}
