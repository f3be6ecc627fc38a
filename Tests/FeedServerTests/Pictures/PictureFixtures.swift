import CVips
import Foundation

@testable import FeedServer

/// A committed file: see Fixtures/make-fixtures.py.
func pictureFixture(_ name: String) throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures", directoryHint: .isDirectory)
    return Array(try Data(contentsOf: folder.appending(path: name)))
}

/// The portrait of a file, as the server makes it.
func portrait(from file: [UInt8]) throws -> [UInt8] {
    try VipsLibrary.start()
    return try Portrait.make(from: file)
}

/// The pixels of a JPEG.
struct DecodedJPEG {
    struct Colour: Equatable, CustomStringConvertible {
        var red: Int
        var green: Int
        var blue: Int

        var description: String { "(\(red), \(green), \(blue))" }

        /// Whether no band is further away than a lossy encoder may take it.
        func isClose(to other: Colour) -> Bool {
            let distances = [red - other.red, green - other.green, blue - other.blue].map { abs($0) }
            return distances.allSatisfy { $0 <= 12 }
        }

        static let red = Colour(red: 220, green: 30, blue: 30)
        static let green = Colour(red: 30, green: 200, blue: 30)
        static let blue = Colour(red: 30, green: 30, blue: 220)
        static let light = Colour(red: 240, green: 240, blue: 240)
        static let white = Colour(red: 255, green: 255, blue: 255)
    }

    let width: Int
    let height: Int
    let bands: Int
    private let pixels: [UInt8]

    init(_ jpeg: [UInt8]) throws {
        let decoded = jpeg.withUnsafeBytes { bytes -> (Int, Int, Int, [UInt8])? in
            guard let image = cvips_open(bytes.baseAddress, bytes.count) else { return nil }
            defer { g_object_unref(UnsafeMutableRawPointer(image)) }
            var count = 0
            guard let memory = vips_image_write_to_memory(image, &count) else { return nil }
            defer { g_free(memory) }
            let pixels = Array(UnsafeRawBufferPointer(start: memory, count: count))
            let (width, height) = (vips_image_get_width(image), vips_image_get_height(image))
            return (Int(width), Int(height), Int(vips_image_get_bands(image)), pixels)
        }
        guard let decoded else { throw VipsLibrary.Failure("decode") }
        (width, height, bands, pixels) = decoded
    }

    /// Of three bands.
    func colour(x: Int, y: Int) -> Colour {
        let start = (y * width + x) * 3
        return Colour(
            red: Int(pixels[start]), green: Int(pixels[start + 1]), blue: Int(pixels[start + 2]))
    }
}

/// The markers of a JPEG's segments before its first scan.
func segmentMarkers(of jpeg: [UInt8]) -> [UInt8] {
    var markers: [UInt8] = []
    var position = 2
    while position + 4 <= jpeg.count, markers.last != 0xda {
        markers.append(jpeg[position + 1])
        position += 2 + Int(jpeg[position + 2]) << 8 + Int(jpeg[position + 3])
    }
    return markers
}

extension [UInt8] {
    func contains(_ text: String) -> Bool { Data(self).range(of: Data(text.utf8)) != nil }
}
