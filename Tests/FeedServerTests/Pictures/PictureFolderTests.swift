import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FeedServer

@Suite struct PictureFolderTests {
    private struct Mistake: Error, Equatable {}

    @Test func namesPicturesByTheirContent() {
        let name = PictureName(of: Array("abc".utf8))

        // The first half of FIPS 180-4's example.
        #expect(name.description == "ba7816bf8f01cfea414140de5dae2223.jpg")
        #expect(PictureName(name.description) == name)
    }

    @Test(arguments: [
        "", "a.jpg", "../../../../etc/passwd", "ba7816bf8f01cfea414140de5dae2223.png",
        "ba7816bf8f01cfea414140de5dae2223", "BA7816BF8F01CFEA414140DE5DAE2223.jpg",
        "ba7816bf8f01cfea414140de5dae222.jpg", "ba7816bf8f01cfea414140de5dae22233.jpg",
        "../816bf8f01cfea414140de5dae2223.jpg", "ba7816bf8f01cfea/14140de5dae2223.jpg",
        "ba7816bf8f01cfea414140de5dae2223.jpg\u{0}", "ba7816bf8f01cfea414140de5dae222\u{663}.jpg",
        "%2e%2e%2fba7816bf8f01cfea414140de5dae2223.jpg", "ba7816bf8f01cfea414140de5dae2223.jpg/..",
    ])
    func refusesEveryOtherName(text: String) {
        #expect(PictureName(text) == nil)
    }

    @Test func keepsAndServes() async throws {
        let shelf = try Shelf()

        let name = try await shelf.folder.keep([1, 2, 3]) { name in
            // It is there before it is committed.
            let file = try await shelf.folder.read(name)
            #expect(file == ByteBuffer(bytes: [1, 2, 3]))
            shelf.use(name)
            return name
        }

        #expect(try await shelf.folder.read(name) == ByteBuffer(bytes: [1, 2, 3]))
        #expect(try shelf.files() == [name.description])
        try await shelf.close()
    }

    @Test func isItsOwnersAlone() async throws {
        let parent = try TemporaryFolder()
        let shelf = try Shelf(path: parent.path("pictures"))

        let name = try await shelf.keep([1])

        #expect(try Shelf.mode(of: parent.path("pictures")) == 0o700)
        #expect(try Shelf.mode(of: parent.path("pictures/\(name)")) == 0o600)
        try await shelf.close()
    }

    @Test func cannotBeMadeWithoutItsParent() throws {
        let parent = try TemporaryFolder()

        #expect(throws: PictureFiles.Failure.self) { try Shelf(path: parent.path("none/pictures")) }
    }

    @Test func hasNothingOfAnUnknownName() async throws {
        let shelf = try Shelf()

        #expect(try await shelf.folder.read(PictureName(of: [9])) == nil)
        try await shelf.close()
    }

    @Test func doesNotFollowLinks() async throws {
        let shelf = try Shelf()
        let name = PictureName(of: [9])
        try FileManager.default.createSymbolicLink(
            atPath: "\(shelf.path)/\(name)", withDestinationPath: "/etc/hostname")

        await #expect(throws: PictureFiles.Failure.self) { try await shelf.folder.read(name) }
        try await shelf.close()
    }

    @Test func keepsEqualPicturesOnce() async throws {
        let shelf = try Shelf()

        let first = try await shelf.keep([1])
        let before = try FileManager.default.attributesOfItem(atPath: "\(shelf.path)/\(first)")
        let second = try await shelf.keep([1])
        let after = try FileManager.default.attributesOfItem(atPath: "\(shelf.path)/\(first)")

        #expect(first == second)
        #expect(try shelf.files() == [first.description])
        #expect(before[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
        try await shelf.close()
    }

    /// A disk that was full, in an earlier version: never seen, but it would be served for ever.
    @Test func replacesAFileOfAnotherLength() async throws {
        let shelf = try Shelf()
        try Data([1]).write(to: URL(filePath: "\(shelf.path)/\(PictureName(of: [1, 2, 3]))"))

        let name = try await shelf.keep([1, 2, 3])

        #expect(try await shelf.folder.read(name)?.readableBytes == 3)
        try await shelf.close()
    }

    @Test func removesWhatNobodyUses() async throws {
        let shelf = try Shelf()
        let (first, second) = try await (shelf.keep([1]), shelf.keep([1]))

        shelf.stopUsing(first)
        try await shelf.folder.removeIfUnused(first)
        #expect(try shelf.files() == [first.description])

        shelf.stopUsing(second)
        try await shelf.folder.removeIfUnused(second)
        try await shelf.folder.removeIfUnused(second)
        #expect(try shelf.files().isEmpty)
        try await shelf.close()
    }

    @Test func leavesNothingWhereTheCommitFails() async throws {
        let shelf = try Shelf()

        await #expect(throws: Mistake()) {
            try await shelf.folder.keep([1]) { _ in throw Mistake() }
        }

        #expect(try shelf.files().isEmpty)
        try await shelf.close()
    }

    @Test func leavesNothingWhereItsTaskIsCancelled() async throws {
        let shelf = try Shelf()
        shelf.answer { _ in
            try Task.checkCancellation()
            return false
        }
        let task = Task {
            try await shelf.folder.keep([1]) { _ in
                withUnsafeCurrentTask { $0?.cancel() }
                try Task.checkCancellation()
            }
        }

        await #expect(throws: CancellationError.self) { try await task.value }

        #expect(try shelf.files().isEmpty)
        try await shelf.close()
    }

    @Test func keepsAPictureOfOthersWhereTheCommitFails() async throws {
        let shelf = try Shelf()
        let name = try await shelf.keep([1])

        await #expect(throws: Mistake()) { try await shelf.folder.keep([1]) { _ in throw Mistake() } }

        #expect(try shelf.files() == [name.description])
        try await shelf.close()
    }

    /// A commit whose answer was lost.
    @Test func keepsAPictureWhoseCommitTookEffectAllTheSame() async throws {
        let shelf = try Shelf()

        await #expect(throws: Mistake()) {
            try await shelf.folder.keep([1]) { name in
                shelf.use(name)
                throw Mistake()
            }
        }

        #expect(try shelf.files() == [PictureName(of: [1]).description])
        try await shelf.close()
    }

    @Test func leavesTheFileWhereNobodyKnows() async throws {
        let shelf = try Shelf()
        shelf.answer { _ in throw Mistake() }

        await #expect(throws: Mistake()) { try await shelf.folder.keep([1]) { _ in throw Mistake() } }
        await #expect(throws: Mistake()) { try await shelf.folder.removeIfUnused(PictureName(of: [1])) }

        #expect(try shelf.files() == [PictureName(of: [1]).description])
        try await shelf.close()
    }

    @Test func putsTheFileBackWhereTheSecondQuestionFails() async throws {
        let shelf = try Shelf()
        let name = try await shelf.keep([1])
        let questions = Mutex(0)
        shelf.answer { _ in
            let number = questions.withLock { questions in
                questions += 1
                return questions
            }
            if number == 2 { throw Mistake() }
            return false
        }

        await #expect(throws: Mistake()) { try await shelf.folder.removeIfUnused(name) }

        #expect(try shelf.files() == [name.description])
        try await shelf.close()
    }

    @Test func sweepsWhatACrashLeft() async throws {
        let parent = try TemporaryFolder()
        let path = parent.path("pictures")
        let before = try Shelf(path: path)
        let used = try await before.keep([1])
        let aside = try await before.keep([2])
        try await before.keep([3])
        let unusedAside = try await before.keep([4])
        try await before.close()
        func rename(_ name: PictureName, _ file: String) throws {
            try FileManager.default.moveItem(atPath: "\(path)/\(name)", toPath: "\(path)/\(file)")
        }
        try rename(aside, ".aside-0123456789abcdef-7-\(aside)")
        try rename(unusedAside, ".aside-0123456789abcdef-8-\(unusedAside)")
        try Data([9]).write(to: URL(filePath: "\(path)/.draft-0123456789abcdef-9"))
        try Data([9]).write(to: URL(filePath: "\(path)/README"))

        let after = try Shelf(path: path)
        after.use(used)
        after.use(aside)
        try await after.folder.sweep()

        #expect(try after.files().sorted() == ["README", used.description, aside.description].sorted())
        try await after.close()
    }

    @Test func doesNotSweepWhatIsBeingKept() async throws {
        let shelf = try Shelf()

        let name = try await shelf.folder.keep([1]) { name in
            try await shelf.folder.sweep()
            shelf.use(name)
            return name
        }

        #expect(try shelf.files() == [name.description])
        try await shelf.close()
    }

    @Test func tellsItsOwnWorkFromLeftovers() throws {
        let parent = try TemporaryFolder(isInMemory: true)
        let (path, name) = (parent.path("pictures"), PictureName(of: [1]))
        let files = try PictureFiles(folder: path)
        try files.write([1], as: name)
        _ = try files.takeAside(name)
        let aside = try #require(FileManager.default.contentsOfDirectory(atPath: path).first)
        let mark = aside.split(separator: "-")[1]
        try Data([9]).write(to: URL(filePath: "\(path)/.draft-\(mark)-9"))

        let (own, others) = try (files.leftovers(), PictureFiles(folder: path).leftovers())

        #expect(own.aside.isEmpty && own.drafts.isEmpty)
        #expect((others.aside.map(\.name), others.drafts.count) == ([name], 1))
    }

    @Test func endsTheSweepWhenItIsCancelled() async throws {
        let shelf = try Shelf()
        for number: UInt8 in 0..<9 { try await shelf.folder.keep([number]) { _ in } }
        shelf.answer { _ in
            withUnsafeCurrentTask { $0?.cancel() }
            return false
        }

        let task = Task { try await shelf.folder.sweep() }

        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try shelf.files().count == 8)
        try await shelf.close()
    }

    @Test func refusesAfterItsEnd() async throws {
        let shelf = try Shelf()
        try await shelf.close()

        await #expect(throws: PictureFiles.Failure.self) { try await shelf.keep([1]) }
    }
}
