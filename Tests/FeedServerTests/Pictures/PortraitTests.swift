import CVips
import Testing

@testable import FeedServer

@Suite struct PortraitTests {
    typealias Colour = DecodedJPEG.Colour

    /// Wide and tall ones of three stripes: only the green one is in the centre square.
    static let stripes = [
        "wide.jpg", "tall.jpg", "large.jpg", "progressive.jpg", "rgb8.png", "tall.png", "rgb16.png",
        "palette.png", "interlaced.png", "still.gif", "animated.gif", "lossy.webp", "lossless.webp",
        "animated.webp", "metadata.jpg", "metadata.png", "metadata.webp", "polyglot.jpg",
    ]

    @Test(arguments: stripes)
    func isTheCentreSquare(fixture: String) throws {
        let jpeg = try portrait(from: pictureFixture(fixture))

        let decoded = try DecodedJPEG(jpeg)
        #expect((decoded.width, decoded.height, decoded.bands) == (300, 300, 3))
        for (x, y) in [(24, 24), (275, 24), (150, 150), (24, 275), (275, 275)] {
            #expect(
                decoded.colour(x: x, y: y).isClose(to: .green), "\(x), \(y): \(decoded.colour(x: x, y: y))")
        }
    }

    /// Inks have no exact equivalent: enough that it is the green stripe still.
    @Test func convertsCMYK() throws {
        let decoded = try DecodedJPEG(portrait(from: pictureFixture("cmyk.jpg")))

        let colour = decoded.colour(x: 150, y: 150)
        #expect(decoded.bands == 3)
        #expect(colour.green > 100 && colour.red < 50 && colour.blue < 100, "\(colour)")
    }

    @Test(arguments: ["grey.jpg", "grey.png"])
    func convertsGrey(fixture: String) throws {
        let decoded = try DecodedJPEG(portrait(from: pictureFixture(fixture)))

        #expect((decoded.width, decoded.height, decoded.bands) == (300, 300, 3))
        #expect(decoded.colour(x: 150, y: 150).isClose(to: Colour(red: 130, green: 130, blue: 130)))
    }

    /// The left half is opaque, the right half transparent.
    @Test(arguments: ["alpha.png", "alpha.gif", "alpha.webp", "alpha-lossy.webp"])
    func laysTransparencyOnWhite(fixture: String) throws {
        let decoded = try DecodedJPEG(portrait(from: pictureFixture(fixture)))

        #expect(decoded.colour(x: 20, y: 150).isClose(to: .red))
        #expect(decoded.colour(x: 280, y: 150).isClose(to: .white))
    }

    @Test(arguments: (1...8).map { "orientation-\($0).jpg" } + ["orientation-6.png", "orientation-6.webp"])
    func turnsUpright(fixture: String) throws {
        let decoded = try DecodedJPEG(portrait(from: pictureFixture(fixture)))

        #expect(decoded.colour(x: 20, y: 20).isClose(to: .red))
        #expect(decoded.colour(x: 280, y: 20).isClose(to: .green))
        #expect(decoded.colour(x: 20, y: 280).isClose(to: .blue))
        #expect(decoded.colour(x: 280, y: 280).isClose(to: .light))
    }

    /// A red picture whose profile has red and blue exchanged.
    @Test(arguments: ["profile.jpg", "profile.png", "profile.webp"])
    func convertsFromItsColourProfile(fixture: String) throws {
        let decoded = try DecodedJPEG(portrait(from: pictureFixture(fixture)))

        #expect(decoded.colour(x: 150, y: 150).isClose(to: .blue))
    }

    @Test(arguments: ["profile-broken.jpg", "profile-cmyk.jpg"])
    func ignoresAProfileThatCannotBeUsed(fixture: String) throws {
        let decoded = try DecodedJPEG(portrait(from: pictureFixture(fixture)))

        let colour = decoded.colour(x: 150, y: 150)
        #expect(colour.red > 180 && colour.green < 90 && colour.blue < 90, "\(colour)")
    }

    @Test(arguments: ["metadata.jpg", "metadata.png", "metadata.webp", "orientation-6.jpg", "polyglot.jpg"])
    func holdsNothingButPixels(fixture: String) throws {
        let file = try pictureFixture(fixture)
        let jpeg = try portrait(from: file)

        #expect(file.contains("Metadata") || file.contains("Exif") || file.contains("<script>"))
        for text in ["Exif", "GPS", "Metadata", "adobe", "Photoshop", "ICC_PROFILE", "script"] {
            #expect(!jpeg.contains(text), "\(text)")
        }
        // Quantization and Huffman tables, the frame and the scan; a JFIF header would do no harm.
        #expect(Set(segmentMarkers(of: jpeg)).subtracting([0xe0]) == [0xdb, 0xc0, 0xc4, 0xda])
        #expect(JPEGScans.count(of: jpeg) == 1)
        #expect(jpeg.suffix(2) == [0xff, 0xd9])
    }

    /// Equal files are to have one name.
    @Test func isTheSameEveryTime() throws {
        let file = try pictureFixture("large.jpg")

        #expect(try portrait(from: file) == portrait(from: file))
    }

    /// In a process of its own: libvips counts the memory of a whole process, and here that of other tests.
    @Test func keepsNoMemory() async {
        await #expect(processExitsWith: .success) {
            let files = try [
                "large.jpg", "progressive.jpg", "interlaced.png", "animated.gif", "animated.webp",
            ].map(pictureFixture)
            for _ in 0..<20 {
                for file in files { _ = try portrait(from: file) }
                _ = try? portrait(from: files[0].dropLast(200))
            }

            // Its threads keep buffers for a moment. One picture's pixels alone would be a hundred times
            // 270 kB.
            #expect(vips_tracked_get_mem() < 10_000_000)
        }
    }
}
