import Foundation
import Synchronization

/// Where logs are written: one for all that go to the same file, terminal or pipe.
///
/// One writes at a time. A write of more than `PIPE_BUF` bytes to a pipe may be mixed with others (POSIX.1-2024, `write`),
/// those of other writers too: so whole lines go in pieces that are no larger, where a line fits into one.
final class LogOutput: Sendable {
    /// Bytes that are written at once, `PIPE_BUF` of Linux. A line that is longer goes by itself.
    static let maximumPiece = 4_096

    static let standardError = LogOutput(.standardError)

    private let file: Mutex<FileHandle>

    init(_ file: sending FileHandle) {
        self.file = Mutex(file)
    }

    /// Writes whole lines. Blocks until the reader has taken them.
    func write(_ lines: [UInt8]) throws {
        try file.withLock { file in
            for piece in Self.pieces(of: lines) { try file.write(contentsOf: Data(piece)) }
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
