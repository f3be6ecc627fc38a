import TestSupport

@testable import FeedServer

enum PictureProperty {
    /// What reading may cost: see ``PlainPicture/read(_:_:steps:)``.
    static func maximumSteps(_ count: Int) -> Int {
        2 * count + 4 * Orientation.maximumEntries + 32
    }

    static func check(_ bytes: [UInt8]) throws {
        guard let format = PictureFormat(sniffing: bytes) else { return }
        var steps = 0
        let plain = PlainPicture.read(bytes, format, steps: &steps)
        try demand(steps <= maximumSteps(bytes.count), "\(steps) steps for \(bytes.count) bytes")
        guard let plain else { return }
        // A GIF file may lack its last byte.
        try demand(plain.file.count <= bytes.count + 1, "\(plain.file.count) bytes of \(bytes.count)")
        try demand(PictureFormat(sniffing: plain.file) == format, "the format is another")
        var stepsAgain = 0
        let again = PlainPicture.read(plain.file, format, steps: &stepsAgain)
        try demand(again?.file == plain.file, "something was left to leave out")
        try demand(again?.orientation == .topLeft, "the orientation was left")
    }
}
