import TestSupport

@testable import FeedServer

enum OrientationProperty {
    /// See ``Orientation/read(exif:of:steps:)``.
    static let maximumSteps = 4 * Orientation.maximumEntries + 8

    static func check(_ bytes: [UInt8]) throws {
        let orientation = try read(bytes, bytes.indices)
        // Wherever in a file it lies, and whatever lies around it.
        let around = [UInt8](repeating: 0x2A, count: 7)
        let within = try read(around + bytes + around, around.count..<around.count + bytes.count)
        try demand(within == orientation, "within a file it is \(within), not \(orientation)")
        let mark = Array("Exif\0\0".utf8)
        if !bytes.starts(with: mark) {
            let marked = try read(mark + bytes, 0..<mark.count + bytes.count)
            try demand(marked == orientation, "with a mark it is \(marked), not \(orientation)")
        }
        // What has been found is found before the end is.
        guard orientation != .topLeft else { return }
        let longer = try read(bytes + around, 0..<bytes.count + around.count)
        try demand(longer == orientation, "with more behind it is \(longer), not \(orientation)")
    }

    private static func read(_ file: [UInt8], _ range: Range<Int>) throws -> Orientation {
        var steps = 0
        let orientation = Orientation.read(exif: range, of: file, steps: &steps)
        try demand(steps <= maximumSteps, "\(steps) steps for \(range.count) bytes")
        return orientation
    }
}
