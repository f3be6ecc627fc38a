import Foundation

@testable import FeedServer

/// Small pictures that keep a decoder busy, made of good ones.
enum AttackPictures {
    /// Tags of EXIF that lead to other directories.
    static let links = [0x8769, 0x8825, 0xa005]

    /// EXIF data whose only directory is led back to by each of its entries: a reader that follows them has
    /// another one to follow for each entry of each.
    static func exif(entries: Int, tags: [Int] = links, orientation: Orientation? = nil) -> [UInt8] {
        var directory: [UInt8] = []
        for number in 0..<entries {
            directory += entry(tags[number % tags.count], type: 4, value: 8)
        }
        if let orientation { directory += entry(0x0112, type: 3, value: orientation.rawValue) }
        let count = directory.count / 12
        return Array("II*\0".utf8) + number(8, 4) + number(count, 2) + directory + number(0, 4)
    }

    static func entry(_ tag: Int, type: Int, count: Int = 1, value: Int) -> [UInt8] {
        number(tag, 2) + number(type, 2) + number(count, 4) + number(value, 4)
    }

    /// A number whose first byte is its lowest.
    static func number(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func jpeg(_ fixture: String, exif: [UInt8]) throws -> [UInt8] {
        let file = try pictureFixture(fixture)
        let data = Array("Exif\0\0".utf8) + exif
        let length = data.count + 2
        return file[..<2] + [0xff, 0xe1, UInt8(length >> 8), UInt8(length & 0xff)] + data + file[2...]
    }

    static func png(_ fixture: String, exif: [UInt8]) throws -> [UInt8] {
        let file = try pictureFixture(fixture)
        // Behind the signature and the header. Nobody has looked at the checksum.
        return file[..<33] + number(exif.count, 4).reversed() + Array("eXIf".utf8) + exif + [0, 0, 0, 0]
            + file[33...]
    }

    /// - Parameter fixture: of 200 by 100 pixels, without any chunk but its image's.
    static func webp(_ fixture: String, exif: [UInt8]) throws -> [UInt8] {
        let file = try pictureFixture(fixture)
        let head = webpChunk("VP8X", [0x08, 0, 0, 0] + number(199, 3) + number(99, 3))
        return riff(head + file[12...] + webpChunk("EXIF", exif))
    }

    /// An animation whose last frame is repeated.
    static func webp(frames: Int) throws -> [UInt8] {
        let file = try pictureFixture("animated.webp")
        let last = try lastRange(of: Array("ANMF".utf8), in: file)
        return riff(file[12...] + Array(repeating: file[last...], count: frames).joined())
    }

    /// An animation whose last images are repeated.
    static func gif(images: Int) throws -> [UInt8] {
        let file = try pictureFixture("animated.gif")
        let last = try lastRange(of: [0x21, 0xf9, 0x04], in: file)
        let image = file[last...].dropLast()
        return file.dropLast() + Array(repeating: image, count: images).joined() + [0x3b]
    }

    static func webpChunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        Array(type.utf8) + number(data.count, 4) + data + (data.count.isMultiple(of: 2) ? [] : [0])
    }

    static func riff(_ chunks: some Collection<UInt8>) -> [UInt8] {
        Array("RIFF".utf8) + number(chunks.count + 4, 4) + Array("WEBP".utf8) + chunks
    }

    private static func lastRange(of bytes: [UInt8], in file: [UInt8]) throws -> Int {
        struct Missing: Error {}
        guard let last = file.ranges(of: bytes).last else { throw Missing() }
        return last.lowerBound
    }
}

extension PNGChunks {
    /// The file that a decoder is given.
    static func essential(of file: [UInt8]) -> [UInt8]? {
        var steps = 0
        return plain(file, steps: &steps)?.file
    }
}
