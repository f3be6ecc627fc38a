import Foundation
import Synchronization
import TestSupport

@testable import FeedServer

/// A picture folder with a database that can be told what to answer.
final class Shelf: Sendable {
    private struct State {
        var users: [PictureName: Int] = [:]
        var answer: (@Sendable (PictureName) async throws -> Bool)?
        var interludes: [Int: @Sendable () async throws -> Void] = [:]
        var questions = 0
        var dawdling: Dawdling?
    }

    private struct Dawdling {
        var generator: SeededGenerator

        mutating func next() -> Int { Int.random(in: 0..<4, using: &generator) }
    }

    let folder: PictureFolder
    let path: String
    private let parent: TemporaryFolder?
    private let state: StateBox

    /// The database is asked by the folder, so that it can't be this object.
    private final class StateBox: Sendable {
        let mutex = Mutex(State())

        func isUsed(_ name: PictureName) async throws -> Bool {
            let (answer, interlude, isUsed, yields) = mutex.withLock { state in
                state.questions += 1
                let yields = state.dawdling?.next() ?? 0
                let interlude = state.interludes.removeValue(forKey: state.questions)
                return (state.answer, interlude, state.users[name, default: 0] > 0, yields)
            }
            for _ in 0..<yields { await Task.yield() }
            try await interlude?()
            return try await answer?(name) ?? isUsed
        }
    }

    convenience init() throws {
        let parent = try TemporaryFolder(isInMemory: true)
        try self.init(path: parent.path("pictures"), parent: parent)
    }

    init(path: String, parent: TemporaryFolder? = nil) throws {
        self.path = path
        self.parent = parent
        let state = StateBox()
        self.state = state
        folder = try PictureFolder(path: path) { try await state.isUsed($0) }
    }

    /// Keeps a picture for one user more.
    @discardableResult
    func keep(_ picture: [UInt8]) async throws -> PictureName {
        try await folder.keep(picture) { name in
            self.use(name)
            return name
        }
    }

    func use(_ name: PictureName) {
        state.mutex.withLock { $0.users[name, default: 0] += 1 }
    }

    func stopUsing(_ name: PictureName) {
        state.mutex.withLock { $0.users[name, default: 0] -= 1 }
    }

    func usedNames() -> Set<String> {
        state.mutex.withLock { Set($0.users.filter { $0.value > 0 }.map(\.key.description)) }
    }

    /// Answers every question from now on.
    func answer(_ answer: @escaping @Sendable (PictureName) async throws -> Bool) {
        state.mutex.withLock { $0.answer = answer }
    }

    /// Does something between the answer to a question, counted from one, and its arrival.
    func answer(after question: Int, _ interlude: @escaping @Sendable () async throws -> Void) {
        state.mutex.withLock { $0.interludes[$0.questions + question] = interlude }
    }

    /// Answers at random moments.
    func dawdle(seed: UInt64) {
        state.mutex.withLock { $0.dawdling = Dawdling(generator: SeededGenerator(seed: seed)) }
    }

    /// All files of the folder, also hidden ones.
    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path)
    }

    func close() async throws {
        try await folder.close()
    }

    static func mode(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
