import CVips
import TestSupport
import Testing

@testable import FeedServer

@Suite struct PortraitRefusalTests {
    /// 24 by 16 pixels, of every kind.
    static let small = [
        "small.jpg", "small-progressive.jpg", "small.png", "small-interlaced.png", "small.gif",
        "small-animated.gif", "small.webp", "small-lossless.webp", "small-animated.webp", "small-alpha.webp",
    ]

    @Test(arguments: [
        "", "\u{89}PNG", "GIF88a", "RIFF....WAVE", "BM......", "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "<!doctype html><script>alert(1)</script>", "#!/bin/sh\nrm -rf /\n", "%PDF-1.7\n", "P6 1 1 255\n...",
        "II*\u{0}........", "<?xml version='1.0'?><svg/>", "id=ImageMagick\n",
    ])
    func refusesWhatIsNoImage(text: String) throws {
        #expect(throws: PictureError.notAnImage) { try portrait(from: Array(text.utf8)) }
    }

    @Test(arguments: [[0xff, 0xd8, 0xff], Array("GIF89a".utf8), Array("RIFF....WEBP".utf8)])
    func refusesASignatureAlone(file: [UInt8]) throws {
        #expect(throws: PictureError.damaged) { try portrait(from: file) }
    }

    /// Also where the first check would be passed: no other loader is there.
    @Test(arguments: ["small.tiff", "small.ppm", "small.svg"])
    func hasNoOtherLoaders(fixture: String) throws {
        let file = try pictureFixture(fixture)
        try VipsLibrary.start()

        #expect(throws: PictureError.notAnImage) { try portrait(from: file) }
        #expect(throws: VipsLibrary.Failure.self) {
            try file.withUnsafeBytes { bytes in _ = try VipsPicture(headerOf: bytes).width }
        }
    }

    @Test(arguments: small)
    func isFineWhole(fixture: String) throws {
        #expect(throws: Never.self) { try portrait(from: pictureFixture(fixture)) }
    }

    @Test(arguments: small)
    func refusesAFileCutOffAnywhere(fixture: String) async throws {
        let file = try pictureFixture(fixture)
        // Behind the first image of a GIF there is nothing that a portrait needs: other images, and the end.
        let neededLengths = ["small.gif": file.count - 1, "small-animated.gif": 343]
        let needed = neededLengths[fixture] ?? file.count
        let whole = try portrait(from: file)
        // Long enough to be told from what is no image at all. In the short form, no format's structure is left out: a
        // head and an end of each, and every third length between.
        let lengths = (12..<file.count).filter {
            Depth.isLong || $0 < 128 || $0 >= file.count - 64 || $0 % 3 == 0
        }
        for length in lengths {
            let cut = Array(file[..<length])
            if length < needed {
                #expect(throws: PictureError.damaged, "\(length) of \(file.count)") {
                    try portrait(from: cut)
                }
            } else {
                #expect(try portrait(from: cut) == whole, "\(length) of \(file.count)")
            }
            await Task.yield()
        }
    }

    /// Also what lies below the centre square is decoded. The file's own checks are right.
    @Test func refusesDamageOutsideTheSquare() throws {
        let file = try pictureFixture("damaged-rows.png")

        #expect(PNGChunks.essential(of: file) == file)
        #expect(throws: PictureError.damaged) { try portrait(from: file) }
    }

    @Test(arguments: ["small.png", "small-interlaced.png"])
    func refusesAPNGWithAnyBitOfItsPixelsFlipped(fixture: String) throws {
        let file = try pictureFixture(fixture)
        let pixels = try #require(file.firstRange(of: Array("IDAT".utf8))).upperBound..<(file.count - 16)
        for position in stride(from: pixels.lowerBound, to: pixels.upperBound, by: 23) {
            var damaged = file
            damaged[position] ^= 0x10
            #expect(throws: PictureError.damaged, "byte \(position)") { try portrait(from: damaged) }
        }
    }

    /// The other formats have no checks: what is made of damage is a portrait or an error, no crash.
    @Test(arguments: small, [1, 2, 3])
    func survivesFlippedBits(fixture: String, seed: UInt64) async throws {
        let file = try pictureFixture(fixture)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            var damaged = file
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 12..<file.count, using: &generator)
                damaged[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            do {
                let decoded = try DecodedJPEG(portrait(from: damaged))
                #expect((decoded.width, decoded.height) == (300, 300))
            } catch {
                #expect(error is PictureError, "\(error)")
            }
            await Task.yield()
        }
    }

    /// A few kilobytes that say they are billions of pixels.
    ///
    /// In a process of its own: libvips counts the memory of a whole process, and here that of other tests.
    @Test func refusesTooManyPixelsBeforeTheyTakeMemory() async {
        await #expect(processExitsWith: .success) {
            for fixture in [
                "bomb.png", "huge-frame.gif", "huge-header.jpg", "huge-header.webp", "huge-canvas.webp",
            ] {
                let file = try pictureFixture(fixture)
                #expect(throws: PictureError.tooManyPixels, "\(fixture)") { try portrait(from: file) }
                #expect(vips_tracked_get_mem_highwater() < 50_000_000, "\(fixture)")
            }
        }
    }

    /// The screen of a GIF takes no memory: its frames count.
    @Test func doesNotMindAHugeScreen() async {
        await #expect(processExitsWith: .success) {
            #expect(throws: Never.self) { try portrait(from: pictureFixture("huge-screen.gif")) }
            #expect(vips_tracked_get_mem_highwater() < 50_000_000)
        }
    }

    @Test(arguments: [
        (8_000, 8_000, false, true), (8_001, 8_000, false, false), (16_384, 3_000, false, true),
        (16_385, 1, false, false), (1, 16_385, false, false), (5_000, 5_000, true, true),
        (5_001, 5_000, true, false), (Int(Int32.max), Int(Int32.max), false, false),
    ])
    func bounds(width: Int, height: Int, isHeldWhole: Bool, isAllowed: Bool) {
        let bounds = PictureBounds(width: width, height: height, isHeldWhole: isHeldWhole)

        if isAllowed {
            #expect(throws: Never.self) { try bounds.check() }
        } else {
            #expect(throws: PictureError.tooManyPixels) { try bounds.check() }
        }
    }

    @Test func followsOneHundredScansAndNoMore() throws {
        let (most, tooMany) = try (pictureFixture("scans-100.jpg"), pictureFixture("scans-101.jpg"))

        #expect((JPEGScans.count(of: most), JPEGScans.count(of: tooMany)) == (100, 101))
        #expect(throws: Never.self) { try portrait(from: most) }
        #expect(throws: PictureError.damaged) { try portrait(from: tooMany) }
    }

    /// 80 times 40 MiB of one letter: inflated, they take minutes. The decoder gets none of them.
    @Test func inflatesNoTexts() throws {
        let file = try pictureFixture("text-bomb.png")
        // Behind the signature and the header is one text.
        let start = 33
        let length = file[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } + 12
        let texts = Array(repeating: file[start..<start + length], count: 80).joined()

        let bomb = Array(file[..<start]) + texts + file[(start + length)...]

        let essential = try #require(PNGChunks.essential(of: bomb))
        try #require(file.contains("zTXt") && !essential.contains("zTXt"))
        #expect(PNGChunks.essential(of: file) == essential)
        #expect(try portrait(from: bomb) == portrait(from: file))
    }

    @Test func leavesOutARepeatedProfile() throws {
        let file = try pictureFixture("profile.png")
        let start = try #require(file.firstRange(of: Array("iCCP".utf8))).lowerBound - 4
        let length = Int(file[start + 2]) << 8 | Int(file[start + 3])
        let chunk = file[start..<start + length + 12]

        let essential = try #require(PNGChunks.essential(of: file))
        let repeated = try #require(PNGChunks.essential(of: Array(file[..<start]) + chunk + file[start...]))
        #expect(repeated == essential)
    }

    @Test func tellsUsersNothingInternal() {
        for error: PictureError in [.notAnImage, .damaged, .tooManyPixels, .busy] {
            #expect(error.sentence.hasSuffix("."))
            #expect(!error.sentence.lowercased().contains("vips"))
        }
        #expect(PictureError.tooManyPixels.sentence.contains("64 megapixels"))
        #expect(PictureError.tooManyPixels.sentence.contains("16384 pixels a side"))
    }
}
