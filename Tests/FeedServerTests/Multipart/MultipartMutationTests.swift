import TestSupport
import Testing

@testable import FeedServer

@Suite struct MultipartMutationTests {
    @Test(arguments: 0..<8)
    func propertyHoldsForDamagedForms(seed: Int) async throws {
        var chance = SeededGenerator(seed: UInt64(seed))
        var refused = 0
        var read = 0
        for round in 0..<400 {
            let form = damaged(wellFormed(&chance), &chance)
            do {
                try MultipartProperty.check(form)
            } catch {
                Issue.record(
                    "seed \(seed), round \(round): \(error) of \(String(decoding: form, as: UTF8.self))")
            }
            let outcome = try MultipartOutcome(of: form, boundary: .named())
            if outcome.error == nil { read += 1 } else { refused += 1 }
            if round % 20 == 0 { await Task.yield() }
        }
        // Damage is neither harmless nor fatal always: both ways are tested.
        #expect(read > 40 && refused > 40, "\(read) read, \(refused) refused")
    }

    @Test func whatIsWrittenIsRead() async throws {
        var chance = SeededGenerator(seed: 5)
        let boundary = try MultipartBoundary.named()
        for round in 0..<300 {
            let parts = parts(&chance)
            let outcome = try MultipartOutcome(
                of: MultipartProperty.write(parts, boundary), boundary: boundary)
            #expect(outcome.parts == parts)
            #expect(outcome.error == nil)
            if round % 20 == 0 { await Task.yield() }
        }
    }

    private func wellFormed(_ chance: inout SeededGenerator) -> [UInt8] {
        let parts = parts(&chance)
        let boundary = Array("--b".utf8)
        var form: [UInt8] = []
        for part in parts {
            form += boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n".utf8
            if let type = part.head.contentType { form += "Content-Type: \(type)\r\n".utf8 }
            form += "\r\n".utf8 + part.body + "\r\n".utf8
        }
        return form + boundary + "--\r\n".utf8
    }

    private func parts(_ chance: inout SeededGenerator) -> [MultipartOutcome.Part] {
        let names = ["file", "n", "", "\"", "\\", "\\\"", "\r\n", "%2", "a;b=c", "ü😀", " "]
        let pieces = ["\r", "\n", "-", "--", "\r\n", "\r\n--", "b ", "x", "\u{0}", "ü", "\r\n-b"]
        return (0..<Int.random(in: 0...3, using: &chance)).map { _ in
            let name = names.randomElement(using: &chance) ?? ""
            let filename =
                Bool.random(using: &chance) ? names.randomElement(using: &chance) : nil
            let type = Bool.random(using: &chance) ? "image/png" : nil
            let count = Int.random(in: 0...6, using: &chance)
            var body = (0..<count).compactMap { _ in pieces.randomElement(using: &chance) }.joined()
            while body.hasPrefix("--b") || body.utf8.contains(Array("\r\n--b".utf8)) { body.removeLast() }
            return .init(
                head: MultipartPart(name: name, filename: filename, contentType: type),
                body: Array(body.utf8),
                isComplete: true)
        }
    }

    /// With a few bytes altered, left out, doubled or put in; or with none.
    private func damaged(_ form: [UInt8], _ chance: inout SeededGenerator) -> [UInt8] {
        let words = [
            "\r\n", "--b", "--", "\"", "\\", ";", ": ", " ", "\t", "%22", "\u{0}", "=", "name=x", "\r", "\n",
        ]
        var form = form
        for _ in 0..<Int.random(in: 0...3, using: &chance) {
            guard let index = form.indices.randomElement(using: &chance) else { return form }
            switch Int.random(in: 0..<5, using: &chance) {
            case 0: form[index] = UInt8.random(in: 0...255, using: &chance)
            case 1: form.remove(at: index)
            case 2:
                form.insert(
                    contentsOf: form[index...].prefix(Int.random(in: 1...40, using: &chance)), at: index)
            case 3:
                form.removeSubrange(index..<min(index + Int.random(in: 1...40, using: &chance), form.count))
            default: form.insert(contentsOf: (words.randomElement(using: &chance) ?? "").utf8, at: index)
            }
        }
        return form
    }
}
