import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// What becomes of lines whose reader is slow, or gone, or has no room.
@Suite struct LineWriterTests {
    /// A line of so many bytes.
    private func line(_ length: Int, _ letter: Character = "x") -> [UInt8] {
        Array(String(repeating: letter, count: length - 1).utf8) + [UInt8(ascii: "\n")]
    }

    @Test func linesAreWrittenWholeAndAsManyAsAPipeTakesAtOnce() {
        let most = LineWriter.maximumPiece
        func lines(_ lengths: [Int]) -> [UInt8] { lengths.flatMap { line($0) } }
        for (lengths, pieces) in [
            ([], []), ([10, 20], [30]), ([most], [most]), ([most - 1, 1, 1], [most, 1]),
            ([most, 7], [most, 7]), ([1, most], [1, most]), ([1, most + 1, 2, 3], [1, most + 1, 5]),
            ([3 * most, 3 * most], [3 * most, 3 * most]), ([1_000, 3_000, 90, 7], [4_090, 7]),
        ] {
            let text = lines(lengths)
            let written = LineWriter.pieces(of: text)
            #expect(written.map(\.count) == pieces, "\(lengths)")
            #expect(written.flatMap(\.self) == text)
        }
        // Nobody writes such, and nothing of it is lost.
        #expect(LineWriter.pieces(of: lines([9]) + [1, 2]).flatMap(\.self) == lines([9]) + [1, 2])
    }

    @Test func linesThatNothingTakesAreCounted() throws {
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        var writer = LineWriter(descriptor: full.fileDescriptor)
        #expect(writer.write(line(5) + line(5) + line(2 * LineWriter.maximumPiece)) == 3)
        #expect(writer.write([]) == 0)
        // None is open that has this number.
        var closed = LineWriter(descriptor: .max)
        #expect(closed.write(line(5)) == 1)
        let reading = try #require(FileHandle(forReadingAtPath: "/dev/null"))
        var readOnly = LineWriter(descriptor: reading.fileDescriptor)
        #expect(readOnly.write(line(5) + line(5)) == 2)
    }

    /// Like a standard error whose reader has ended.
    @Test func aReaderThatIsGoneIsNoSignal() throws {
        let pipe = LogPipe()
        var writer = LineWriter(descriptor: pipe.descriptor)
        #expect(writer.write(line(5)) == 0)
        try pipe.closeReader()
        #expect(writer.write(line(5) + line(5)) == 2)
    }

    /// Somebody who shares the pipe has made it non-blocking: there is EAGAIN where it is full.
    @Test func aPipeThatIsNotBlockingGetsEverything() async throws {
        let pipe = LogPipe()
        #expect(fcntl(pipe.descriptor, F_SETFL, O_WRONLY | O_NONBLOCK) == 0)
        let text = (0..<40).flatMap { line(10_000, $0.isMultiple(of: 2) ? "a" : "b") }
        let reading = Task { try await pipe.read() }
        let lost = try await onThread("writing a log") {
            var writer = LineWriter(descriptor: pipe.descriptor)
            return writer.write(text)
        }
        try pipe.closeWriter()
        #expect(lost == 0)
        #expect(try await reading.value == text)
    }

    /// As where a disk was full in the middle of a line, and has room again.
    @Test func aLineThatIsCutOffIsEnded() async throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appending(path: "some.log")
        try Data().write(to: url)
        let pipe = LogPipe()
        let writing = Task {
            try await onThread("writing to a pipe") {
                var writer = LineWriter(descriptor: pipe.descriptor)
                var lost = [writer.write(line(1 << 20))]
                // Now the same descriptor takes all.
                let file = try FileHandle(forWritingTo: url)
                dup2(file.fileDescriptor, pipe.descriptor)
                for _ in 0..<2 { lost.append(writer.write(line(5))) }
                return lost
            }
        }
        try await pipe.isFull()
        try pipe.closeReader()
        #expect(try await writing.value == [1, 0, 0])
        #expect(try Data(contentsOf: url) == Data([UInt8(ascii: "\n")] + line(5) + line(5)))
    }
}
