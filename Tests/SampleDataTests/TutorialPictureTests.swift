import SampleData
import Testing

@Suite struct TutorialPictureTests {
    private let pictures = TutorialData.Writer.allCases.map(\.picture)

    @Test func everyUserHasAPictureOfTheirOwn() {
        #expect(Set(pictures.map(\.bytes)).count == 6)
        #expect(Set(pictures.map(\.fileName)).count == 6)
    }

    /// 5 MiB is the most that the server takes; these are also part of the executable.
    @Test func picturesAreSmall() {
        #expect(pictures.allSatisfy { (1...20_000).contains($0.bytes.count) })
    }

    @Test func everyFormatOccurs() {
        #expect(Set(pictures.map(\.mediaType)) == Set(TutorialData.MediaType.allCases))
    }

    @Test(arguments: TutorialData.Writer.allCases)
    func aPictureIsOfItsFormat(writer: TutorialData.Writer) {
        let picture = writer.picture
        switch picture.mediaType {
        case .jpeg: #expect(picture.bytes.starts(with: [0xFF, 0xD8, 0xFF]))
        case .png: #expect(picture.bytes.starts(with: [0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A]))
        case .gif: #expect(picture.bytes.starts(with: "GIF8".utf8))
        case .webp:
            #expect(picture.bytes.starts(with: "RIFF".utf8))
            #expect(picture.bytes.dropFirst(8).starts(with: "WEBP".utf8))
        }
    }

    @Test(arguments: TutorialData.Writer.allCases)
    func aFileNameNeedsNoEscapingAndTellsTheFormat(writer: TutorialData.Writer) throws {
        let picture = writer.picture
        let parts = picture.fileName.split(separator: ".", omittingEmptySubsequences: false)
        try #require(parts.count == 2)
        #expect(parts[0].allSatisfy { $0.isASCII && $0.isLetter })
        #expect(parts[1] == (picture.mediaType == .jpeg ? "jpg" : picture.mediaType.rawValue.dropFirst(6)))
    }

    @Test func onePictureLiesOnItsSideAndTellsWhereItWasTaken() {
        let bytes = TutorialData.Writer.tomas.picture.bytes
        #expect(bytes.contains("Exif\0\0".utf8))
        // Entries of a big-endian TIFF directory: orientation 8, and the pointer to a GPS directory.
        #expect(bytes.contains([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0]))
        #expect(bytes.contains([0x88, 0x25, 0, 4, 0, 0, 0, 1]))
    }

    @Test func onePictureIsTransparentInPlaces() {
        #expect(TutorialData.Writer.yael.picture.bytes.contains("tRNS".utf8))
    }
}
