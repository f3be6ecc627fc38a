import Synchronization
import TestSupport
import Testing

@testable import FeedServer

/// What happens to one name between two steps of somebody else.
@Suite struct PictureFolderRaceTests {
    private let name = PictureName(of: [1])

    /// The last user lets go of a picture while another takes it up: the question was answered before the
    /// commit, the file is gone after it.
    @Test func writesAgainWhatWasRemovedBeforeTheCommit() async throws {
        let shelf = try Shelf()
        try await shelf.folder.keep([1]) { name in
            try await shelf.folder.removeIfUnused(name)
            #expect(try shelf.files().isEmpty)
            shelf.use(name)
        }

        #expect(try shelf.files() == [name.description])
        try await shelf.close()
    }

    /// The commit comes right after the first answer.
    @Test func putsBackWhatIsCommittedBetweenTheQuestions() async throws {
        let shelf = try Shelf()
        try await shelf.keep([1])
        shelf.stopUsing(name)
        shelf.answer(after: 1) { [name] in shelf.use(name) }

        try await shelf.folder.removeIfUnused(name)

        #expect(try shelf.files() == [name.description])
        try await shelf.close()
    }

    /// The whole upload comes between the second answer and what follows of it: it finds the name free.
    @Test func leavesWhatIsKeptAfterTheSecondQuestion() async throws {
        let shelf = try Shelf()
        try await shelf.keep([1])
        shelf.stopUsing(name)
        shelf.answer(after: 2) { try await shelf.keep([1]) }

        try await shelf.folder.removeIfUnused(name)

        #expect(try shelf.files() == [name.description])
        try await shelf.close()
    }

    /// While a removal has it aside, it is committed, and let go of once more by somebody whose own removal
    /// finds nothing.
    @Test func asksAgainAfterPuttingBack() async throws {
        let shelf = try Shelf()
        try await shelf.keep([1])
        shelf.stopUsing(name)
        shelf.answer(after: 1) { [name] in shelf.use(name) }
        shelf.answer(after: 2) { [name] in
            shelf.stopUsing(name)
            try await shelf.folder.removeIfUnused(name)
        }

        try await shelf.folder.removeIfUnused(name)

        #expect(try shelf.files().isEmpty)
        try await shelf.close()
    }

    /// It was removed before the commit, and let go of right after it.
    @Test func removesWhatItWroteAgainForNobody() async throws {
        let shelf = try Shelf()
        try await shelf.folder.keep([1]) { name in
            try await shelf.folder.removeIfUnused(name)
            shelf.use(name)
            shelf.stopUsing(name)
            try await shelf.folder.removeIfUnused(name)
        }

        #expect(try shelf.files().isEmpty)
        try await shelf.close()
    }

    /// Users who change between two pictures, and mistakes, at random.
    @Test(arguments: [1, 2, 3, 4, 5, 6])
    func holdsExactlyWhatIsUsedInTheEnd(seed: UInt64) async throws {
        struct Mistake: Error {}
        let shelf = try Shelf()
        shelf.dawdle(seed: seed)
        try await withThrowingTaskGroup { group in
            for user in 0..<8 {
                group.addTask {
                    var generator = SeededGenerator(seed: seed << 8 | UInt64(user))
                    var own: PictureName?
                    for _ in 0..<40 {
                        let old = own
                        switch Int.random(in: 0..<8, using: &generator) {
                        case 0:
                            await #expect(throws: Mistake.self) {
                                try await shelf.folder.keep([1]) { _ in throw Mistake() }
                            }
                        case 1...3:
                            old.map(shelf.stopUsing)
                            own = nil
                            if let old { try await shelf.folder.removeIfUnused(old) }
                        default:
                            let picture = [UInt8.random(in: 1...2, using: &generator)]
                            let yields = Int.random(in: 0..<4, using: &generator)
                            own = try await shelf.folder.keep(picture) { name in
                                for _ in 0..<yields { await Task.yield() }
                                shelf.use(name)
                                old.map(shelf.stopUsing)
                                return name
                            }
                            if let old { try await shelf.folder.removeIfUnused(old) }
                            #expect(PictureName(of: picture) == own)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }

        #expect(try Set(shelf.files()) == shelf.usedNames())
        try await shelf.close()
    }
}
