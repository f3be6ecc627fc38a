/// The segments of a JPEG file (ITU-T T.81, annex B) that its pixels and their colours need.
///
/// A decoder goes from marker to marker as this does. What it is given is written anew, marker by marker, so
/// that there are no two opinions on where a segment begins.
enum JPEGSegments {
    private enum Marker {
        static let startOfImage: UInt8 = 0xd8
        static let endOfImage: UInt8 = 0xd9
        static let startOfScan: UInt8 = 0xda
        static let restarts: ClosedRange<UInt8> = 0xd0...0xd7
        /// Frames, and the tables of Huffman and of arithmetic coding.
        static let frames: ClosedRange<UInt8> = 0xc0...0xcf
        /// Reserved for extensions, among the frames.
        static let extension8: UInt8 = 0xc8
        /// Tables of quantization, number of lines, restart interval.
        static let tables: ClosedRange<UInt8> = 0xdb...0xdd
        static let applications: ClosedRange<UInt8> = 0xe0...0xef
        static let comment: UInt8 = 0xfe
    }

    /// Applications' segments, by marker and first bytes.
    private enum Application {
        /// What the numbers of three components mean (JFIF, ITU-T T.871).
        static let jfif = (marker: UInt8(0xe0), mark: Array("JFIF\0".utf8))
        static let exif = (marker: UInt8(0xe1), mark: Array("Exif\0\0".utf8))
        /// A part of the colour profile (ICC.1, annex B.4).
        static let profile = (marker: UInt8(0xe2), mark: Array("ICC_PROFILE\0".utf8))
        /// What the numbers of four components mean.
        static let adobe = (marker: UInt8(0xee), mark: Array("Adobe".utf8))
    }

    private static let markerLength = 2
    /// Before a segment's data, in bytes: its length, which includes these two.
    private static let lengthBytes = 2

    /// - Returns: `nil` where the file can't be followed to its end marker.
    static func plain(_ file: [UInt8], steps: inout Int) -> PlainPicture? {
        var reader = ByteReader(file)
        defer { steps += reader.steps }
        var plain = PlainPicture(file: [0xff, Marker.startOfImage])
        plain.file.reserveCapacity(file.count)
        guard reader.skip(plain.file.count) else { return nil }
        var hasExif = false
        var profileBytes = 0
        while let marker = nextMarker(&reader, file) {
            if marker == Marker.endOfImage {
                plain.file += [0xff, marker]
                return plain
            }
            // Those between scans are left over from one that has lost some.
            if Marker.restarts.contains(marker) { continue }
            let start = reader.position
            guard isKnown(marker), let length = reader.bigEndian(bytes: lengthBytes),
                let data = reader.take(length - lengthBytes)
            else { return nil }
            let isOf = { (application: (marker: UInt8, mark: [UInt8])) in
                marker == application.marker && file[data].starts(with: application.mark)
            }
            let (isExif, isProfile) = (isOf(Application.exif), isOf(Application.profile))
            let isNeeded = isProfile || isOf(Application.jfif) || isOf(Application.adobe)
            if isExif, !hasExif {
                hasExif = true
                plain.orientation = Orientation.read(exif: data, of: file, steps: &steps)
            }
            if isProfile {
                profileBytes += data.count
                // A part is of no use, and does no harm.
                if profileBytes > PlainPicture.maximumProfileBytes { continue }
            }
            if Marker.applications.contains(marker) || marker == Marker.comment, !isNeeded { continue }
            plain.file += [0xff, marker]
            plain.file += file[start..<data.upperBound]
            if marker == Marker.startOfScan { plain.file += file[skipScan(&reader)] }
        }
        return nil
    }

    private static func isKnown(_ marker: UInt8) -> Bool {
        switch marker {
        case Marker.extension8: false
        case Marker.frames, Marker.startOfScan, Marker.tables, Marker.applications, Marker.comment: true
        default: false
        }
    }

    /// What is coded behind a scan's header: it ends at the next marker that is not a restart.
    private static func skipScan(_ reader: inout ByteReader) -> Range<Int> {
        let start = reader.position
        reader.skip { isMarker($0, $1) && !Marker.restarts.contains($1) }
        return start..<reader.position
    }

    /// Finds the next marker, and moves behind it. What lies before it is passed over, as by a decoder.
    private static func nextMarker(_ reader: inout ByteReader, _ file: [UInt8]) -> UInt8? {
        reader.skip(until: isMarker)
        return reader.take(markerLength).map { file[$0.upperBound - 1] }
    }

    /// 0xff00 stands for a coded 0xff; 0xffff fills up.
    private static func isMarker(_ first: UInt8, _ second: UInt8) -> Bool {
        first == 0xff && second != 0 && second != 0xff
    }
}
