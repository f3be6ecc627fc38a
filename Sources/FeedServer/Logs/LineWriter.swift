import Foundation

/// Writes whole lines to a descriptor, and tells how many of them it could not write.
///
/// A write of more than `PIPE_BUF` bytes to a pipe may be mixed with those of others (POSIX.1-2024, `write`): lines go in
/// pieces that are no larger, where a line fits into one. A piece is written once the descriptor is ready for it, which
/// works alike where that is non-blocking, as a pipe that others share may be.
struct LineWriter {
    /// Bytes that are written at once, `PIPE_BUF` of Linux. What is ready takes so many without blocking.
    static let maximumPiece = 4_096
    /// Microseconds before the next try, where a descriptor says that it is ready and takes nothing.
    private static let pause: UInt32 = 10_000

    let descriptor: Int32
    /// Whether what was written last is the beginning of a line, because there was no room for more.
    private var isInLine = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Blocks until they have been taken, or can't be: the reader is gone, the disk is full, the descriptor is closed.
    ///
    /// - Parameter lines: each with its line feed.
    /// - Returns: how many were not written, or not to their end.
    mutating func write(_ lines: [UInt8]) -> Int {
        let lineFeed = UInt8(ascii: "\n")
        // The line that was cut off is ended first.
        let text = isInLine ? [lineFeed] + lines : lines
        var done = 0
        for piece in Self.pieces(of: text) {
            let count = write(piece)
            done += count
            guard count == piece.count else { break }
        }
        if done > 0 { isInLine = text[done - 1] != lineFeed }
        let unwritten = done > 0 || text.count == lines.count ? text[done...] : lines[...]
        return unwritten.count { $0 == lineFeed }
    }

    /// - Returns: the bytes that were taken, fewer where no more can be.
    private func write(_ piece: ArraySlice<UInt8>) -> Int {
        piece.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                var events = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&events, 1, -1) < 0 { continue }
                // What is wrong with it is found out by writing.
                let count = Foundation.write(
                    descriptor, bytes.baseAddress?.advanced(by: done),
                    min(bytes.count - done, Self.maximumPiece))
                if count > 0 {
                    done += count
                } else if count < 0, errno == EAGAIN {
                    usleep(Self.pause)
                } else if count == 0 || errno != EINTR {
                    break
                }
            }
            return done
        }
    }

    /// Takes lines apart, behind the last line feed that fits each time.
    static func pieces(of lines: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = lines[...]
        while !rest.isEmpty {
            let lineFeed = UInt8(ascii: "\n")
            let end =
                rest.count <= maximumPiece
                ? rest.endIndex
                : rest.prefix(maximumPiece).lastIndex(of: lineFeed).map { $0 + 1 }
                    ?? rest.firstIndex(of: lineFeed).map { $0 + 1 } ?? rest.endIndex
            pieces.append(rest[..<end])
            rest = rest[end...]
        }
        return pieces
    }
}
