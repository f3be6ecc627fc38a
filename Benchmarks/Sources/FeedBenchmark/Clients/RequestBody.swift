import Foundation

/// What a request carries, made once for all the requests that carry the same.
struct RequestBody: Sendable {
    let mediaType: String
    let text: String

    static func json(_ value: some Encodable) throws -> RequestBody {
        RequestBody(
            mediaType: "application/json",
            text: String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
    }

    /// Fields of a form (URL Standard, `application/x-www-form-urlencoded`).
    ///
    /// - Parameter fields: names and values; of them only `@` is escaped, and no other letter may need it.
    static func form(_ fields: KeyValuePairs<String, String>) -> RequestBody {
        RequestBody(
            mediaType: "application/x-www-form-urlencoded",
            text: fields.map { "\($0)=\($1)" }.joined(separator: "&").replacing("@", with: "%40"))
    }
}
