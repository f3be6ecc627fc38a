import Testing

@testable import FeedServer

@Suite struct OrientationTests {
    private typealias Attack = AttackPictures

    private func read(_ exif: [UInt8]) -> (orientation: Orientation, steps: Int) {
        var steps = 0
        let orientation = Orientation.read(exif: exif.indices, of: exif, steps: &steps)
        return (orientation, steps)
    }

    @Test(arguments: Orientation.allCases)
    func readsEachOrientation(orientation: Orientation) {
        let exif = Attack.exif(entries: 0, orientation: orientation)
        let value = UInt8(orientation.rawValue)
        let bigEndian: [UInt8] = [
            0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0,
        ]

        #expect(read(exif).orientation == orientation)
        #expect(read(Array("Exif\0\0".utf8) + exif).orientation == orientation)
        #expect(read(bigEndian).orientation == orientation)
    }

    @Test func readsItWhereverTheDirectoryLies() {
        let directory = Attack.number(1, 2) + Attack.entry(0x0112, type: 3, value: 6)
        let exif =
            Array("II*\0".utf8) + Attack.number(1_008, 4) + [UInt8](repeating: 7, count: 1_000) + directory

        #expect(read(exif).orientation == .rightTop)
    }

    @Test(arguments: [
        Attack.entry(0x0112, type: 3, value: 0), Attack.entry(0x0112, type: 3, value: 9),
        Attack.entry(0x0112, type: 4, value: 6), Attack.entry(0x0112, type: 3, count: 2, value: 6),
        Attack.entry(0x0111, type: 3, value: 6),
    ])
    func takesNothingElseForOne(entry: [UInt8]) {
        let exif =
            Array("II*\0".utf8) + Attack.number(8, 4) + Attack.number(1, 2) + entry + Attack.number(0, 4)

        #expect(read(exif).orientation == .topLeft)
    }

    /// Before the start, within the head, behind the end, and as far as the number goes.
    @Test(arguments: [0, 4, 7, 26, 1 << 31, 1 << 32 - 1])
    func followsNoOffsetThatLeadsNowhere(offset: Int) {
        var exif = Attack.exif(entries: 0, orientation: .rightTop)
        exif.replaceSubrange(4..<8, with: Attack.number(offset, 4))

        #expect(read(exif).orientation == .topLeft)
        #expect(read(exif).steps < 10)
    }

    @Test func readsWhatIsCutOffAnywhere() {
        let exif = Attack.exif(entries: 2, orientation: .rightTop)
        // Its two last bytes and the link to the next directory are not needed.
        let needed = exif.count - 6
        for length in 0...exif.count {
            let cut = Array(exif[..<length])
            #expect(read(cut).orientation == (length < needed ? .topLeft : .rightTop), "\(length)")
        }
    }

    @Test func looksAtABoundedNumberOfEntries() {
        let most = Attack.exif(entries: Orientation.maximumEntries - 1, orientation: .rightTop)
        let tooMany = Attack.exif(entries: Orientation.maximumEntries, orientation: .rightTop)

        #expect(read(most).orientation == .rightTop)
        #expect(read(tooMany).orientation == .topLeft)
    }

    /// Of these, 41 KB kept a reader that follows them for more than eight minutes.
    @Test(arguments: [1, 2, 3, 10, 580, 3_400, 65_535], AttackPictures.links)
    func followsNoDirectory(entries: Int, tag: Int) {
        let alone = read(Attack.exif(entries: entries, tags: [tag]))
        let among = read(Attack.exif(entries: min(entries, 100), orientation: .leftTop))

        #expect(alone.orientation == .topLeft && among.orientation == .leftTop)
        #expect(alone.steps <= 4 * Orientation.maximumEntries + 8)
    }
}
