import SampleData
import Testing

@Suite struct PictureUploadTests {
    @Test func isOneFileWithItsNameAndType() {
        let picture = TutorialData.Picture("a.png", .png, [0x00, 0x0D, 0x0A, 0xFF])
        var random = Numbers([35, 36])
        let upload = PictureUpload(picture, using: &random)
        #expect(upload.contentType == "multipart/form-data; boundary=feed-server-z10")
        let head = """
            --feed-server-z10\r
            Content-Disposition: form-data; name="file"; filename="a.png"\r
            Content-Type: image/png\r
            \r\n
            """
        let tail = "\r\n--feed-server-z10--\r\n"
        #expect(upload.body == Array(head.utf8) + picture.bytes + Array(tail.utf8))
    }

    @Test func theBoundaryDoesNotOccurInThePicture() {
        let picture = TutorialData.Picture("a.gif", .gif, Array("GIF89a feed-server-12 feed-server-34".utf8))
        var random = Numbers([1, 2, 3, 4, 5, 6])
        let upload = PictureUpload(picture, using: &random)
        #expect(upload.contentType == "multipart/form-data; boundary=feed-server-56")
    }

    @Test func theLongestBoundaryIsAllowed() throws {
        var random = Numbers([.max, .max])
        let upload = PictureUpload(TutorialData.Picture("a.gif", .gif, []), using: &random)
        let boundary = try #require(upload.contentType.split(separator: "=").last)
        #expect(boundary.count <= 70)
        #expect(boundary.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
    }

    @Test func everyUploadHasABoundaryOfItsOwn() {
        let picture = TutorialData.Writer.mara.picture
        #expect(PictureUpload(picture).contentType != PictureUpload(picture).contentType)
    }
}

/// Gives the numbers it was made of, one after the other.
private struct Numbers: RandomNumberGenerator {
    private var rest: ArraySlice<UInt64>

    init(_ numbers: [UInt64]) {
        rest = numbers[...]
    }

    mutating func next() -> UInt64 {
        rest.removeFirst()
    }
}
