import Testing

@testable import FeedServer

@Suite struct MultipartBoundaryTests {
    @Test(
        arguments: [
            (
                "multipart/form-data; boundary=----WebKitFormBoundary25yHZYSyRw1eGCEW",
                "----WebKitFormBoundary25yHZYSyRw1eGCEW"
            ),
            ("Multipart/Form-Data;BOUNDARY=AbC", "AbC"),
            (" multipart/form-data ;\t boundary=b ; charset=UTF-8;", "b"),
            ("multipart/form-data; charset=\"\\\"; boundary=x\"; boundary=b", "b"),
            ("multipart/form-data; boundary=\"gc0pJq0M:08jU534c0p\"", "gc0pJq0M:08jU534c0p"),
            ("multipart/form-data; boundary=\"a\\b c\"", "ab c"),
            ("multipart/form-data; boundary=\"'()+_,-./:=? 0Zz\"", "'()+_,-./:=? 0Zz"),
            (
                "multipart/form-data; boundary=" + String(repeating: "x", count: 70),
                String(repeating: "x", count: 70)
            ),
        ])
    func isRead(contentType: String, boundary: String) throws {
        #expect(try MultipartBoundary(contentType: contentType).bytes == Array(boundary.utf8))
    }

    @Test(
        arguments: [
            nil, "", "application/json", "multipart/mixed; boundary=b", "multipart/form-data2; boundary=b",
            "multipart/form-data boundary=b", "text/plain; x=multipart/form-data; boundary=b",
            "multipart / form-data; boundary=b",
        ])
    func otherMediaTypes(contentType: String?) {
        #expect(throws: MultipartError.notFormData) { try MultipartBoundary(contentType: contentType) }
    }

    @Test(
        arguments: [
            ("", .boundaryMissing), ("; charset=UTF-8", .boundaryMissing), (";", .boundaryMissing),
            ("; boundary=b; boundary=b", .boundaryRepeated),
            ("; boundary=b; Boundary=\"c\"", .boundaryRepeated),
            ("; boundary=\"\"", .boundaryInvalid), ("; boundary=\"b \"", .boundaryInvalid),
            ("; boundary=b!", .boundaryInvalid), ("; boundary=\"b\\\"\"", .boundaryInvalid),
            ("; boundary=\"b\r\n\"", .boundaryInvalid), ("; boundary=\"ü\"", .boundaryInvalid),
            ("; boundary=" + String(repeating: "x", count: 71), .boundaryInvalid),
            ("; boundary=", .contentTypeParameters), ("; boundary", .contentTypeParameters),
            ("; =b", .contentTypeParameters), ("; boundary =b", .contentTypeParameters),
            ("; boundary= b", .contentTypeParameters), ("; boundary=a:b", .contentTypeParameters),
            ("; boundary=b c", .contentTypeParameters), ("; boundary=b, text/plain", .contentTypeParameters),
            ("; boundary=\"b", .contentTypeParameters), ("; boundary=\"b\\\"", .contentTypeParameters),
            ("; boundary=\"b\"c", .contentTypeParameters), ("; boundary=ü", .contentTypeParameters),
        ] as [(String, MultipartError)])
    func malformed(parameters: String, error: MultipartError) {
        #expect(throws: error) {
            try MultipartBoundary(contentType: "multipart/form-data" + parameters)
        }
    }
}
