import Testing

@testable import FeedServer

/// A form with one file in it, as a client writes it.
///
/// Boundaries and header fields of Chromium, curl, requests and Node are as captured; Firefox's are written after its
/// manner. The bodies are ours.
struct MultipartSample: CustomTestStringConvertible {
    var name: String
    var boundary: String
    var disposition: String
    var contentType: String? = "image/png"
    var body = "\u{1}PNG\r\n\u{1A}\n"
    var filename: String?

    var testDescription: String { name }

    /// The form's `Content-Type`.
    var announcement: String { "multipart/form-data; boundary=\(boundary)" }

    var bytes: [UInt8] {
        let type = contentType.map { "Content-Type: \($0)\r\n" } ?? ""
        let text =
            "--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n\(type)\r\n\(body)\r\n--\(boundary)--\r\n"
        return Array(text.utf8)
    }

    var part: MultipartOutcome.Part {
        .init(
            head: MultipartPart(name: "file", filename: filename, contentType: contentType),
            body: Array(body.utf8), isComplete: true)
    }

    static let all = [
        MultipartSample(
            name: "Chromium", boundary: "----WebKitFormBoundary25yHZYSyRw1eGCEW",
            disposition: #"name="file"; filename="ü%22q\b%22%0D%0An.png""#, filename: "ü\"q\\b\"\r\nn.png"),
        MultipartSample(
            name: "Chromium, no file chosen", boundary: "----WebKitFormBoundaryN4rEs3TbHklXyZjT",
            disposition: #"name="file"; filename="""#, contentType: "application/octet-stream", body: "",
            filename: ""),
        MultipartSample(
            name: "Firefox", boundary: "----geckoformboundary4b5f2d0c7d2a3f2e8d3c9f70e3f0b1a2",
            disposition: #"name="file"; filename="100 %41.png""#, filename: "100 %41.png"),
        MultipartSample(
            name: "Firefox, older", boundary: "---------------------------9051914041544843365972754266",
            disposition: #"name="file"; filename="a;b=c.png""#, filename: "a;b=c.png"),
        MultipartSample(
            name: "curl", boundary: "------------------------e76a4d545ca3aa70",
            disposition: #"name="file"; filename="a%22b\c.png""#, filename: #"a"b\c.png"#),
        MultipartSample(
            name: "curl --form-escape", boundary: "------------------------20e056ffd2ffc733",
            disposition: #"name="file"; filename="a\"b\\c.png""#, filename: #"a"b\c.png"#),
        MultipartSample(
            name: "requests", boundary: "51d26dd6e64fd04e6ec7e063e3b85984",
            disposition: #"name="file"; filename="plain.png""#, contentType: nil, filename: "plain.png"),
        MultipartSample(
            name: "Node", boundary: "----formdata-undici-058578103802",
            disposition: #"name="file"; filename="q%22b.png""#, filename: #"q"b.png"#),
        MultipartSample(
            name: "tokens", boundary: "b", disposition: "name=file; filename=x.png", filename: "x.png"),
    ]
}

extension MultipartBoundary {
    /// For tests: `b` where none is named.
    static func named(_ text: String = "b") throws -> MultipartBoundary {
        try MultipartBoundary(contentType: "multipart/form-data; boundary=\"\(text)\"")
    }
}

/// A form with the boundary `b` and one part.
func form(
    _ fields: String = #"Content-Disposition: form-data; name="file"; filename="x""#, body: String = "abc",
    after: String = "--\r\n"
) -> [UInt8] {
    Array("--b\r\n\(fields)\r\n\r\n\(body)\r\n--b\(after)".utf8)
}
