import TestSupport
import Testing

@testable import FeedServer

/// What a decoder is given of a file.
@Suite struct PlainPictureTests {
    private typealias Attack = AttackPictures

    /// One of each kind, and those with metadata.
    static let fixtures =
        PortraitRefusalTests.small + ["metadata.jpg", "metadata.png", "metadata.webp", "profile.webp"]
        + ["orientation-6.jpg", "orientation-6.png", "orientation-6.webp", "polyglot.jpg", "alpha.gif"]

    private func plain(_ file: [UInt8]) throws -> PlainPicture {
        try PlainPicture(file, #require(PictureFormat(sniffing: file)))
    }

    @Test(arguments: fixtures)
    func holdsNothingOfEXIF(fixture: String) throws {
        let plain = try plain(pictureFixture(fixture))

        for text in ["Exif", "eXIf", "EXIF", "XMP", "Metadata", "Photoshop", "script"] {
            #expect(!plain.file.contains(text), "\(text)")
        }
        let isTurned = fixture.hasPrefix("orientation-6")
        #expect(plain.orientation == (isTurned ? .rightTop : .topLeft))
    }

    /// Applications' segments that say what the numbers mean, and no other.
    @Test func keepsNothingElseOfAJPEG() throws {
        let markers = segmentMarkers(of: try plain(pictureFixture("metadata.jpg")).file)

        #expect(Set(markers) == [0xe0, 0xe2, 0xdb, 0xc0, 0xc4, 0xda])
    }

    /// Made of segments that are as long as they may be: more of a profile than is kept.
    @Test func keepsABoundedProfileOfAJPEG() throws {
        let file = try pictureFixture("wide.jpg")
        let mark = Array("ICC_PROFILE\0\u{1}\u{1}".utf8)
        let part = [0xff, 0xe2, 0xff, 0xff] + mark + [UInt8](repeating: 7, count: 0xffff - 2 - mark.count)
        let adobe = [0xff, 0xee, 0, 14] + Array("Adobe".utf8) + [UInt8](repeating: 0, count: 7)
        let large = file[..<2] + Array(repeating: part, count: 60).joined() + adobe + file[2...]

        let plain = try plain(Array(large))

        let kept = PlainPicture.maximumProfileBytes / (0xffff - 2)
        #expect(plain.file.count == file.count + adobe.count + kept * part.count)
        #expect(plain.file.contains("Adobe"))
    }

    @Test func leavesOutALargeProfileOfAPNGOrWebP() throws {
        let profile = [UInt8](repeating: 7, count: PlainPicture.maximumProfileBytes + 2)
        let png = try pictureFixture("rgb8.png")
        let chunk = Attack.number(profile.count, 4).reversed() + Array("iCCP".utf8) + profile + [0, 0, 0, 0]
        let webp = try pictureFixture("lossless.webp")
        let head = Attack.webpChunk("VP8X", [0x20, 0, 0, 0] + Attack.number(199, 3) + Attack.number(99, 3))

        #expect(try plain(png[..<33] + chunk + png[33...]).file == png)
        let large = Attack.riff(head + Attack.webpChunk("ICCP", profile) + webp[12...])
        #expect(try plain(large).file.count == webp.count + head.count)
    }

    /// Files of the largest size allowed. The decoder gets the same as of the animation with three images.
    @Test func keepsOneFrameHoweverManyThereAre() throws {
        let webp = try Attack.webp(frames: 95_000)
        let gif = try Attack.gif(images: 18_000)

        #expect(webp.count > 4_000_000 && gif.count > 4_000_000)
        #expect(try plain(webp).file == plain(pictureFixture("animated.webp")).file)
        #expect(try plain(gif).file == plain(pictureFixture("animated.gif")).file)
        for file in [webp, gif] { #expect(throws: Never.self) { try PictureProperty.check(file) } }
    }

    @Test(arguments: [10, 580, 3_400])
    func leavesOutEXIFThatPointsAtItself(entries: Int) throws {
        let exif = Attack.exif(entries: entries)
        let (jpeg, png) = try (Attack.jpeg("small.jpg", exif: exif), Attack.png("small.png", exif: exif))
        let webp = try Attack.webp("lossless.webp", exif: exif)

        #expect(try plain(jpeg).file == pictureFixture("small.jpg"))
        #expect(try plain(png).file == pictureFixture("small.png"))
        #expect(try plain(webp).file.count == webp.count - exif.count - 8)
        for file in [jpeg, png, webp] { #expect(throws: Never.self) { try PictureProperty.check(file) } }
    }

    /// Also between the scans, where decoders read the segments of applications as well.
    @Test func leavesOutEXIFBetweenScans() throws {
        let file = try pictureFixture("small-progressive.jpg")
        let attack = try Attack.jpeg("small.jpg", exif: Attack.exif(entries: 3))
        let exif = attack[2..<attack.count - (try pictureFixture("small.jpg").count - 2)]
        let scan = try #require(file.ranges(of: [0xff, 0xda]).last).lowerBound

        #expect(try plain(Array(file[..<scan]) + exif + file[scan...]).file == file)
    }

    @Test(arguments: fixtures)
    func staysWithinItsBoundsWhereverAFileEnds(fixture: String) async throws {
        let file = try pictureFixture(fixture)
        for length in 12..<file.count {
            #expect(throws: Never.self, "\(length)") { try PictureProperty.check(Array(file[..<length])) }
            if length.isMultiple(of: 64) { await Task.yield() }
        }
    }

    @Test(arguments: fixtures, [1, 2, 3, 4])
    func staysWithinItsBoundsWhateverAFileSays(fixture: String, seed: UInt64) async throws {
        let file = try pictureFixture(fixture)
        var generator = SeededGenerator(seed: seed)
        for round in 0..<200 {
            var damaged = file
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let position = Int.random(in: 6..<damaged.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: damaged[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: damaged[position] = [0, 0xff, 0xe1, 0xd8].randomElement(using: &generator) ?? 0
                default: damaged.insert(contentsOf: damaged[position...].prefix(20), at: position)
                }
            }
            #expect(throws: Never.self, "round \(round)") { try PictureProperty.check(damaged) }
            await Task.yield()
        }
    }

    @Test(arguments: [
        [], [0xff, 0xd8, 0xff, 0xd8, 0xff, 0xd9], [0xff, 0xd8, 0xff, 0x01, 0xff, 0xd9],
        [0xff, 0xd8, 0xff, 0xe1, 0x00, 0x01, 0xff, 0xd9], [0xff, 0xd8, 0xff, 0xf0, 0x00, 0x02, 0xff, 0xd9],
    ])
    func refusesAJPEGThatCannotBeFollowed(file: [UInt8]) {
        #expect(throws: PictureError.damaged) { try PlainPicture(file, .jpeg) }
    }
}
