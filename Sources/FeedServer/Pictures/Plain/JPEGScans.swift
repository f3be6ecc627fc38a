/// The passes of a JPEG file (ITU-T T.81, annex B), counted without decoding: its markers are followed from
/// one to the next, as a decoder does.
enum JPEGScans {
    private enum Marker {
        static let temporary: UInt8 = 0x01
        static let restarts: ClosedRange<UInt8> = 0xd0...0xd7
        static let startOfImage: UInt8 = 0xd8
        static let endOfImage: UInt8 = 0xd9
        static let startOfScan: UInt8 = 0xda
    }

    /// Counts the passes, up to the image's end or the file's.
    static func count(of bytes: [UInt8]) -> Int {
        var count = 0
        bytes.withUnsafeBufferPointer { bytes in
            var position = 2
            while let marker = nextMarker(in: bytes, &position) {
                switch marker {
                case Marker.endOfImage:
                    return
                case Marker.temporary, Marker.startOfImage, Marker.restarts:
                    continue
                default:
                    if marker == Marker.startOfScan { count += 1 }
                    // The length counts its own two bytes. What is coded behind a scan's header is passed
                    // over by looking for the next marker.
                    guard position + 2 <= bytes.count else { return }
                    let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
                    guard length >= 2 else { return }
                    position += length
                }
            }
        }
        return count
    }

    /// Finds the next marker at or behind the position, and moves that behind it.
    private static func nextMarker(in bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> UInt8? {
        while position + 1 < bytes.count {
            // 0xff00 stands for a coded 0xff; 0xffff fills up.
            if bytes[position] == 0xff, bytes[position + 1] != 0, bytes[position + 1] != 0xff {
                position += 2
                return bytes[position - 1]
            }
            position += 1
        }
        return nil
    }
}
