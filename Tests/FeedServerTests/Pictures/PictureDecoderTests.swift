import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import FeedServer

/// What becomes of a picture whose worker does anything else than answer, and of the next one.
@Suite struct PictureDecoderTests {
    private typealias Program = PictureWorkerProgram

    private let picture: [UInt8]
    private let expected: [UInt8]

    init() throws {
        picture = try pictureFixture("wide.jpg")
        expected = try portrait(from: picture)
    }

    // MARK: Failures that take no time

    /// What a worker does when it has been sent a picture, as a script, and what is told of the picture.
    enum Mistake: String, CaseIterable {
        case crashes = "kill -SEGV $$"
        case exits = "exit 3"
        case closesItsOutput = "exec >&-; exec <&-; sleep 100000; true"
        case saysSomething = "echo Segmentation fault; sleep 100000; true"
        /// A portrait of one byte, which is no JPEG.
        case sendsAnotherFile = "printf '\\004\\001\\000\\000\\000x'; sleep 100000; true"
        /// A portrait of four gigabytes.
        case sendsMoreThanAPortrait = "printf '\\004\\377\\377\\377\\377'; exec cat /dev/zero"
        /// A refusal, which has no bytes.
        case saysMoreThanARefusal = "printf '\\006\\001\\000\\000\\000x'; sleep 100000; true"
        /// Once more that it is ready.
        case startsAgain = "printf '\\001\\000\\000\\000\\000'; sleep 100000; true"
        case breaksOff = "printf '\\004\\001\\000'; exit 0"
    }

    @Test(arguments: Mistake.allCases)
    func takesAMistakeForDamage(mistake: Mistake) async throws {
        let folder = try TemporaryFolder()
        let script = "\(Program.ready) \(Program.readSome) \(mistake.rawValue)"
        let decoder = PictureDecoder(try .built(afterFirst: script, in: folder))
        let maker = PortraitMaker(decoder)

        await #expect(throws: PictureError.damaged) { try await maker.portrait(from: picture) }

        #expect(decoder.workerID == nil)
        #expect(try await maker.portrait(from: picture) == expected)
        try await maker.close()
    }

    /// It has nothing to do with the picture.
    @Test(arguments: [
        "exit 1", "echo cannot open shared object file", "printf '\\010\\003\\000\\000\\000why'",
    ])
    func takesAFailureToStartForUnavailable(script: String) async throws {
        let folder = try TemporaryFolder()
        let maker = PortraitMaker(PictureDecoder(try .built(afterFirst: script, in: folder)))

        await #expect(throws: PictureError.unavailable) { try await maker.portrait(from: picture) }

        #expect(try await maker.portrait(from: picture) == expected)
        try await maker.close()
    }

    @Test func isUnavailableWithoutAProgram() async throws {
        let absent = PortraitMaker(
            PictureDecoder(PictureWorkerProgram(path: "/nonexistent/worker", arguments: ["worker"])))
        let none = PortraitMaker(nil)

        await #expect(throws: PictureError.unavailable) { try await absent.portrait(from: picture) }
        await #expect(throws: PictureError.unavailable) { try await none.portrait(from: picture) }
        try await absent.close()
        try await none.close()
    }

    /// The library's own failures are not the picture's.
    @Test func passesAFailureOnAsUnavailable() async throws {
        let script =
            "\(Program.ready) \(Program.readSome) printf '\\010\\003\\000\\000\\000why'; \(Program.hang)"
        let maker = PortraitMaker(PictureDecoder(try .script(script)))

        await #expect(throws: PictureError.unavailable) { try await maker.portrait(from: picture) }
        try await maker.close()
    }

    /// What it says behind its answer is not taken for the next one.
    @Test func takesNoAnswerBeforeItsQuestion() async throws {
        let folder = try TemporaryFolder()
        let refusal = "\\005\\000\\000\\000\\000"
        let decoder = PictureDecoder(
            try .built(
                afterFirst:
                    "\(Program.ready) \(Program.readSome) printf '\(refusal)\(refusal)'; \(Program.hang)",
                in: folder))
        let maker = PortraitMaker(decoder)

        await #expect(throws: PictureError.notAnImage) { try await maker.portrait(from: picture) }

        #expect(try await maker.portrait(from: picture) == expected)
        try await maker.close()
    }

    /// It may have ended of the picture before.
    @Test func triesAPictureOnceMoreThatWasNotTheFirst() async throws {
        let folder = try TemporaryFolder()
        let first = "\(Program.readSome) printf '\\005\\000\\000\\000\\000';"
        let decoder = PictureDecoder(
            try .built(
                afterFirst: "\(Program.ready) \(first) \(Program.readSome) exit 3", in: folder))
        let maker = PortraitMaker(decoder)

        await #expect(throws: PictureError.notAnImage) { try await maker.portrait(from: [1]) }

        #expect(try await maker.portrait(from: picture) == expected)
        try await maker.close()
    }

    // MARK: Workers that hang

    /// A deadline that passes, however fast or slow the machine is: nobody ever answers.
    @Test(arguments: [Program.hang, "cat > /dev/null; \(Program.hang)"])
    func endsAPictureAtItsDeadline(script: String) async throws {
        var program = try PictureWorkerProgram.script("\(Program.ready) \(script)")
        program.limits.picture = .milliseconds(100)
        let decoder = PictureDecoder(program)
        let maker = PortraitMaker(decoder)
        // More than a socket takes that nobody reads.
        let large = [UInt8](repeating: 0xff, count: BodyLimits.picture)

        // The second one meets a worker of its own.
        for _ in 0..<2 {
            await #expect(throws: PictureError.tookTooLong) { try await maker.portrait(from: large) }
            #expect(decoder.workerID == nil)
        }
        try await maker.close()
    }

    @Test func endsAStartAtItsDeadline() async throws {
        var program = try PictureWorkerProgram.script(Program.hang)
        program.limits.start = .milliseconds(100)
        let maker = PortraitMaker(PictureDecoder(program))

        await #expect(throws: PictureError.unavailable) { try await maker.portrait(from: picture) }
        try await maker.close()
    }

    @Test func endsAPictureThatIsCancelled() async throws {
        let folder = try TemporaryFolder()
        let decoder = PictureDecoder(try .built(afterFirst: "\(Program.ready) \(Program.hang)", in: folder))
        let maker = PortraitMaker(decoder)
        let task = Task { [picture] in try await maker.portrait(from: picture) }
        // One that is ended before it has left its mark would not be the last that hangs.
        try await waitUntil("a worker that hangs") {
            decoder.workerID != nil && FileManager.default.fileExists(atPath: folder.path("has-begun"))
        }
        let worker = try #require(decoder.workerID)

        task.cancel()

        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!isProcess(worker))
        #expect(try await maker.portrait(from: picture) == expected)
        try await maker.close()
    }

    /// With one being made, and the others waiting: the shutdown waits for none.
    @Test func endsAllPicturesAtTheShutdown() async throws {
        let decoder = PictureDecoder(try .script("\(Program.ready) \(Program.hang)"))
        let maker = PortraitMaker(decoder)
        let pictures = (0..<PortraitMaker.maximumWaiting).map { number in
            Task { [picture] in try await maker.portrait(from: picture, for: .numbered(number)) }
        }
        try await waitUntil("a worker that hangs") { decoder.workerID != nil }
        let worker = try #require(decoder.workerID)

        try await maker.close()

        #expect(decoder.workerID == nil && !isProcess(worker))
        for picture in pictures {
            await #expect(throws: PictureError.busy) { try await picture.value }
        }
        await #expect(throws: PictureError.busy) { try await maker.portrait(from: picture) }
    }

    /// What a worker has started goes with it: it would keep the socket open.
    @Test func endsWhatAWorkerHasStarted() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("child")
        let decoder = PictureDecoder(
            try .script(
                "sleep 100000 & echo $! > \"$1.new\"; mv \"$1.new\" \"$1\"; \(Program.ready) wait", path))
        let maker = PortraitMaker(decoder)
        let task = Task { [picture] in try await maker.portrait(from: picture) }
        try await waitUntil("a child of the worker") { FileManager.default.fileExists(atPath: path) }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let child = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))

        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }

        // Whoever it is left to may not have reaped it yet.
        try await waitUntil("the end of the worker's child") {
            let status = try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8)
            return status?.contains("State:\tZ") ?? true
        }
        try await maker.close()
    }

    // MARK: What is told

    @Test(arguments: [
        (PictureError.tookTooLong, 413, "payload-too-large"), (.unavailable, 503, "unavailable"),
        (.busy, 503, "unavailable"), (.damaged, 415, "unsupported-media-type"),
    ])
    func tellsEachInAWayOfItsOwn(error: PictureError, status: Int, code: String) {
        let problem = Problem(error)

        #expect(problem.answer.status.code == status && problem.code.rawValue == code)
        #expect(problem.detail == error.sentence && error.sentence.hasSuffix("."))
    }
}
