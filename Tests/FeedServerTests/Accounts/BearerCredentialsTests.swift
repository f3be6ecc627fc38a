import HTTPTypes
import Testing

@testable import FeedServer

@Suite("Bearer credentials")
struct BearerCredentialsTests {
    private func credentials(_ values: String...) -> BearerCredentials {
        var fields = HTTPFields()
        for value in values { fields.append(HTTPField(name: .authorization, value: value)) }
        return BearerCredentials(fields)
    }

    @Test("Without the field there are none")
    func absent() {
        #expect(BearerCredentials([.accept: "Bearer abc"]) == .absent)
    }

    @Test(
        "Takes the token behind the scheme",
        arguments: [
            ("Bearer abc.DEF.123", "abc.DEF.123"), ("bearer a", "a"), ("BEARER a", "a"), ("bEaReR   a", "a"),
            ("Bearer -._~+/", "-._~+/"), ("Bearer a=", "a="), ("Bearer a==", "a=="),
        ])
    func token(value: String, token: String) {
        #expect(credentials(value) == .token(token))
    }

    @Test(
        "Anything else is unusable",
        arguments: [
            "", "Bearer", "Bearer ", "Bearera", "Bearer\ta", "Bearer a b", "Bearer a,b", "Bearer =",
            "Bearer =a", "Bearer a=b", "Bearer \"a\"", "Bearer aé", "Bearer a\u{301}", "Basic YTpi",
            "Digest a=b", "Token a", "a", "Bearer: a", "Bearer token=a",
        ])
    func unusable(value: String) {
        #expect(credentials(value) == .unusable)
    }

    @Test("Two fields are unusable, even where they agree")
    func twoFields() {
        #expect(credentials("Bearer a", "Bearer a") == .unusable)
    }
}
