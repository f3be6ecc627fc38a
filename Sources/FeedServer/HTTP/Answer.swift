import CountCache
import Foundation
import HTTPTypes
import NIOCore

/// A whole response: a status, fields and one buffer.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var fields: HTTPFields
    var body: ByteBuffer

    init(status: HTTPResponse.Status, contentType: String, body: ByteBuffer) {
        self.status = status
        self.body = body
        fields = HTTPFields()
        fields.reserveCapacity(Self.usualFieldCount)
        fields.append(HTTPField(name: .contentType, value: contentType))
        fields.append(AnswerPolicy.contentTypeOptions)
        fields.append(AnswerPolicy.contentSecurity)
        fields.append(AnswerPolicy.resources)
    }

    private static let usualFieldCount = 12

    /// Lets pages of every origin show it.
    mutating func becomePublicResource() {
        fields[.crossOriginResourcePolicy] = AnswerPolicy.publicResources
    }

    /// Tells how good the total in the body is.
    mutating func describe(_ total: Count) {
        fields[.totalCount] = String(total.value)
        fields[.totalCountAge] = Self.seconds(total.age)
        fields[.totalCountSource] = total.source.rawValue
    }

    /// With three decimals.
    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = Int64(duration / .milliseconds(1))
        let decimals = String(milliseconds % 1_000 + 1_000).dropFirst()
        return "\(milliseconds / 1_000).\(decimals)"
    }

    /// Gives the answer a strong validator (RFC 9110, section 8.8.3) made of its bytes, and turns it
    /// into `304 Not Modified` when the client holds just these bytes.
    ///
    /// - Parameters:
    ///   - ifNoneMatch: the request's `If-None-Match`, if any.
    ///   - tag: where it is known already.
    mutating func validate(against ifNoneMatch: String?, tag: String? = nil) {
        let tag = tag ?? EntityTag.strong(of: body)
        fields[.eTag] = tag
        guard let ifNoneMatch, EntityTag.list(ifNoneMatch, contains: tag) else { return }
        status = .notModified
        body = ByteBuffer()
        fields[.contentType] = nil
    }
}

/// JSON of documents whose cost does not matter.
enum JSONDocument {
    static func encode(_ value: some Encodable) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return ByteBuffer(bytes: try encoder.encode(value))
        } catch {
            // The project's own documents hold nothing that JSON can't.
            preconditionFailure("a document can't be encoded: \(error)")
        }
    }
}

extension HTTPField.Name {
    static let totalCount = Self.known("X-Total-Count")
    static let totalCountAge = Self.known("X-Total-Count-Age")
    static let totalCountSource = Self.known("X-Total-Count-Source")
    static let link = Self.known("Link")
    static let referrerPolicy = Self.known("Referrer-Policy")

    static func known(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\(name) is no field name") }
        return name
    }
}
