import NIOHTTP1
import TestSupport
import Testing

/// Text whose comparison as a `String` takes the square of its length, in every place that takes text, at every
/// address.
///
/// What it costs is the server's own CPU time, which it tells in `/metrics`: neither a busy machine nor other tests add
/// to it. The bounds are far from both sides. A body is read in about 10 ms; compared once as a `String` it takes
/// 4 s where it is a form, and a minute where it is JSON. A head is bounded by 32 KiB: so many of them are sent that
/// they take 2 s (Authorization) to 30 s (Accept) where they are compared so, and a tenth of the bound where not.
/// Only of a parameter's value, percent-encoded and so a third as long, a single comparison would not be seen.
@Suite struct CombiningMarksTests {
    /// CPU seconds.
    static let bodyBound = 1.0
    /// CPU seconds for ``headCount`` requests.
    static let headsBound = 1.0
    static let headCount = 250

    /// Bytes of text; a little less than the server takes.
    private enum Size {
        static let json = 1_040_000
        static let form = 256_000
        static let field = 15_000
        /// Of a target, percent-encoded.
        static let target = 15_000
        static let partField = 3_500
    }

    /// What texts are made of. The first is what sorting marks takes longest for.
    static let units: [(name: String, text: String)] = [
        ("marks of two classes", "\u{301}\u{316}"), ("marks of many classes", "\u{345}\u{301}\u{5B0}\u{334}"),
        ("composed and marked", "\u{1EA5}\u{316}\u{301}"), ("syllables", "\u{1100}\u{1161}\u{11A8}"),
        ("joined emoji", "\u{1F469}\u{200D}"), ("regional indicators", "\u{1F1E6}"),
    ]

    private static func text(_ unit: String, bytes: Int) -> String {
        "a" + String(repeating: unit, count: bytes / unit.utf8.count)
    }

    private static let fields = [
        "username", "email", "password", "current_password", "title", "content", "status", "next",
        "grant_type",
    ]

    // MARK: Bodies

    @Test(arguments: Depth.choose([units[0].text], long: units.map(\.text)))
    func bodies(unit: String) async throws {
        try await Visitor.visit { visitor in
            let name = Self.text(unit, bytes: Size.json)
            let half = Self.text(unit, bytes: Size.json / 2)
            let value = Self.text(unit, bytes: Size.json / Self.fields.count)
            let all = Self.fields.map { "\"\($0)\":\"\(value)\"" }.joined(separator: ",")
            for (method, path, type) in try await visitor.documentedBodies() {
                switch type {
                case "application/json":
                    for json in [
                        "{\"\(name)\":1}", "{\"\(half)1\":1,\"\(half)2\":\"\"}", "{\(all)}",
                        "{\"content\":\"\(name)\",\"title\":\"a\"}", "{\"status\":\"\(name)\"}",
                    ] {
                        try await visitor.expectLittle(method, path, type, json)
                    }
                case "multipart/form-data":
                    try await visitor.expectLittle(
                        method, path, "\(type); boundary=x", Self.upload(unit))
                default:
                    try await Self.sendForms(unit, method, path, visitor)
                }
            }
            for path in [
                "/login", "/register", "/posts/new", "/posts/\(visitor.postID)/edit", "/account",
                "/account/password", "/account/delete",
            ] {
                try await Self.sendForms(unit, .POST, path, visitor)
            }
            try await visitor.expectLittle(
                .POST, "/account/picture", "multipart/form-data; boundary=x", Self.upload(unit))
        }
    }

    private static func sendForms(
        _ unit: String, _ method: HTTPMethod, _ path: String, _ visitor: Visitor
    ) async throws {
        let text = Self.text(unit, bytes: Size.form)
        let half = Self.text(unit, bytes: Size.form / 2)
        var forms = ["\(text)=1", "\(half)=1&\(half)=2", "\(half)1=&\(half)2="]
        forms += fields.map { "\($0)=\(text)" }
        // A path, and a log-in that is complete.
        forms.append("email=a&password=\(half)&username=\(half)&next=/")
        forms.append("email=a&password=b&next=/\(text)")
        for form in forms {
            try await visitor.expectLittle(method, path, "application/x-www-form-urlencoded", form)
        }
    }

    private static func upload(_ unit: String) -> String {
        let text = Self.text(unit, bytes: Size.partField)
        let disposition = "form-data; name=\"\(text)\"; filename=\"\(text)\""
        return "--x\r\nContent-Disposition: \(disposition)\r\n\r\n\r\n--x--\r\n"
    }

    /// A post of such text is within its bounds: it is kept, and shown.
    @Test(arguments: units.map(\.text))
    func posts(unit: String) async throws {
        try await Visitor.visit { visitor in
            let scalars = unit.unicodeScalars.count
            let title = "a" + String(repeating: unit, count: 99 / scalars)
            let content = "a" + String(repeating: unit, count: 49_999 / scalars)
            let path = "/api/posts/\(visitor.postID)"
            try await visitor.expectLittle(
                .PATCH, path, "application/json", "{\"title\":\"\(title)\",\"content\":\"\(content)\"}",
                status: 200)
            let edit = "/posts/\(visitor.postID)/edit"
            try await visitor.expectLittle(
                .POST, edit, "application/x-www-form-urlencoded", "title=\(title)&content=\(content)",
                status: 303)
            for shown in [
                path, edit, "/posts/\(visitor.postID)", "/", "/api/posts", "/api/posts/pages",
                "/api/posts/feed",
            ] {
                try await visitor.expectLittle(.GET, shown, nil, nil, status: 200)
            }
        }
    }

    // MARK: Heads

    @Test func heads() async throws {
        try await Visitor.visit { visitor in
            let text = Self.text(Self.units[0].text, bytes: Size.field)
            let documented = try await visitor.documentedRequests()
            let reads = documented.filter { $0.method == .GET }
            let pages = ["/", "/posts", "/posts/\(visitor.postID)", "/docs", "/login", "/users/1/posts"].map {
                Visitor.Request(method: .GET, path: $0)
            }
            let forms = ["/login", "/register"].map { Visitor.Request(method: .POST, path: $0) }
            let bodies = forms + documented.filter { ["/api/users", "/api/users/token"].contains($0.path) }
            let escaped = String(repeating: "%CC%81%CC%96", count: Size.target / 12)
            let places: [(name: String, value: String, requests: [Visitor.Request])] = [
                ("Accept", text, documented), ("Accept", "text/html, \(text);q=1", reads + pages),
                ("If-None-Match", text, reads), ("If-None-Match", "\"a\",\(text)", reads),
                ("Cookie", "session=\(text)", pages),
                ("Authorization", "\(text) x", documented.filter { $0.path.hasPrefix("/api/") }),
                ("Content-Type", text, bodies), ("Sec-Fetch-Site", text, forms),
                ("Origin", "http://\(text)", forms), ("X-Forwarded-For", "\(text), 1", documented + pages),
                ("Expect", text, documented + pages),
            ]
            for place in places {
                try await visitor.expectLittle(
                    place.name, for: place.requests.map { $0.with(place.name, place.value) })
            }
            let queries = reads + pages
            try await visitor.expectLittle(
                "the name of a parameter", for: queries.map { $0.with("\(escaped)=1") })
            for name in ["order", "status", "total", "cursor", "page_size", "saved", "next"] {
                let requests = queries.map { $0.with("\(name)=\(escaped)") }
                try await visitor.expectLittle("the parameter \(name)", for: requests)
            }
            try await visitor.expectLittle(
                "a path",
                for: ["/", "/api/posts/", "/api/users/", "/media/", "/problems/", "/static/"].map {
                    Visitor.Request(method: .GET, path: $0 + escaped)
                })
        }
    }
}
