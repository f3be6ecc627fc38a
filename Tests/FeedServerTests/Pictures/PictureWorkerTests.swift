import CSandbox
import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// The process that decodes pictures: the built program.
@Suite struct PictureWorkerTests {
    private typealias Attack = AttackPictures

    private let maker: PortraitMaker
    private let decoder: PictureDecoder

    init() throws {
        decoder = PictureDecoder(try .built())
        maker = PortraitMaker(decoder)
    }

    @Test func makesWhatIsMadeHere() async throws {
        for fixture in ["wide.jpg", "interlaced.png", "animated.gif", "metadata.webp", "profile-cmyk.jpg"] {
            let file = try pictureFixture(fixture)
            #expect(try await maker.portrait(from: file) == portrait(from: file), "\(fixture)")
        }
        try await maker.close()
    }

    /// Each is told in a way of its own, and none takes the worker with it.
    @Test func passesRefusalsOn() async throws {
        let refusals: [(String, PictureError)] = [
            ("small.svg", .notAnImage), ("scans-101.jpg", .damaged), ("damaged-rows.png", .damaged),
            ("bomb.png", .tooManyPixels), ("huge-canvas.webp", .tooManyPixels),
        ]
        _ = try await maker.portrait(from: pictureFixture("wide.jpg"))
        let worker = try #require(decoder.workerID)
        for (fixture, error) in refusals {
            await #expect(throws: error, "\(fixture)") {
                try await maker.portrait(from: pictureFixture(fixture))
            }
        }
        await #expect(throws: PictureError.notAnImage) { try await maker.portrait(from: []) }

        #expect(decoder.workerID == worker)
        try await maker.close()
        #expect(!isProcess(worker))
    }

    /// Those that took seconds to minutes: a decoder is given nothing of what they are made of.
    @Test func isNotKeptBusyByMetadataAndFrames() async throws {
        let exif = Attack.exif(entries: 3_400)
        let attacks: [([UInt8], String)] = try [
            (Attack.jpeg("small.jpg", exif: exif), "small.jpg"),
            (Attack.png("small.png", exif: exif), "small.png"),
            (Attack.webp("lossless.webp", exif: exif), "lossless.webp"),
            (Attack.webp(frames: 95_000), "animated.webp"), (Attack.gif(images: 18_000), "animated.gif"),
        ]
        for (attack, fixture) in attacks {
            #expect(
                try await maker.portrait(from: attack) == portrait(from: pictureFixture(fixture)),
                "\(fixture)")
        }
        try await maker.close()
    }

    @Test func isReplacedAfterANumberOfPictures() async throws {
        var program = try PictureWorkerProgram.built()
        program.limits.picturesPerWorker = 2
        let decoder = PictureDecoder(program)
        let maker = PortraitMaker(decoder)
        let file = try pictureFixture("wide.jpg")

        _ = try await maker.portrait(from: file)
        let first = try #require(decoder.workerID)
        await #expect(throws: PictureError.notAnImage) { try await maker.portrait(from: [1]) }
        #expect(decoder.workerID == nil && !isProcess(first))
        _ = try await maker.portrait(from: file)
        let second = try #require(decoder.workerID)

        #expect(second != first)
        try await maker.close()
    }

    /// Killed for want of memory, or crashed: that ends it at once, and is not looked into.
    @Test(arguments: [SIGKILL, SIGSEGV, SIGABRT, SIGILL, SIGTRAP])
    func isReplacedWhereItHasEnded(signal: Int32) async throws {
        let file = try pictureFixture("wide.jpg")
        let before = try await maker.portrait(from: file)
        let worker = try #require(decoder.workerID)
        kill(worker, signal)

        #expect(try await maker.portrait(from: file) == before)
        #expect(decoder.workerID != worker)
        try await maker.close()
    }

    // MARK: What it has given up

    @Test(.enabled(if: sandbox_is_complete()))
    func isLimitedAndSealed() async throws {
        _ = try await maker.portrait(from: pictureFixture("wide.jpg"))
        let worker = try #require(decoder.workerID)

        let limits = try text("limits", of: worker).split(separator: "\n").map(String.init)
        func isLimited(_ name: String, to bound: String) -> Bool {
            limits.contains { line in
                let words = line.dropFirst(name.count).split(separator: " ")
                return line.hasPrefix("\(name) ") && words.prefix(2).allSatisfy { $0 == bound }
            }
        }
        #expect(isLimited("Max address space", to: "\(PictureWorker.addressSpace)"), "\(limits)")
        #expect(isLimited("Max cpu time", to: "\(PictureWorker.processorTime)"), "\(limits)")
        #expect(isLimited("Max open files", to: "3"), "\(limits)")
        #expect(isLimited("Max file size", to: "0"), "\(limits)")
        #expect(isLimited("Max core file size", to: "0"), "\(limits)")
        let status = try status(of: worker)
        #expect(status["NoNewPrivs"] == "1")
        // SECCOMP_MODE_FILTER of linux/seccomp.h.
        #expect(status["Seccomp"] == "2")
        try await maker.close()
    }

    /// It answers nobody, and a person who starts it gets out of it.
    @Test func endsWithItsInput() async throws {
        let report = try await ChildProcess.run(
            try ChildProcess.product("feed-server"), [PictureWorker.argument])

        #expect(report.end == .exited(0))
    }

    @Test func isNotInTheHelp() async throws {
        let report = try await ChildProcess.run(try ChildProcess.product("feed-server"), ["--help"])

        #expect(report.output.contains("serve") && !report.output.contains(PictureWorker.argument))
    }

    private func text(_ name: String, of process: Int32) throws -> String {
        try String(contentsOfFile: "/proc/\(process)/\(name)", encoding: .utf8)
    }

    /// The lines of proc_pid_status(5).
    private func status(of process: Int32) throws -> [String: String] {
        try text("status", of: process).split(separator: "\n").reduce(into: [:]) { status, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { status[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
    }
}
