import Foundation
import Synchronization
import Testing

@testable import FeedStore

@Suite struct PageCursorTests {
    private let codec = PageCursorCodec(secret: Array("a secret of some length".utf8))
    private let scope = CursorScope(collection: .posts, order: .newest)

    private func cursor(_ date: Int64 = 1_754_490_600_123_456, id: Int64 = 42) -> PageCursor {
        PageCursor(
            position: Position(datePosted: Timestamp(microseconds: date), id: id), direction: .forward,
            scope: scope)
    }

    @Test(
        arguments: [Int64.min, -1, 0, 1, 1_754_490_600_123_456, Int64.max], [Direction.forward, .backward])
    func comesBackAsItWas(number: Int64, direction: Direction) throws {
        var cursor = cursor(number, id: number)
        cursor.direction = direction
        let text = codec.encode(cursor)
        #expect(text.utf8.count == PageCursorCodec.encodedLength)
        #expect(text.utf8.count <= PageCursorCodec.maximumLength)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        #expect(try codec.decode(text, scope: scope) == cursor)
    }

    @Test func isTheSameEachTime() {
        #expect(codec.encode(cursor()) == codec.encode(cursor()))
    }

    @Test func everyAlteredBitIsRefused() throws {
        let text = Array(codec.encode(cursor()).utf8)
        for index in text.indices {
            for bit in 0..<8 {
                var altered = text
                altered[index] ^= 1 << UInt8(bit)
                let input = String(decoding: altered, as: UTF8.self)
                #expect(throws: PageCursorError.invalid) { try codec.decode(input, scope: scope) }
            }
        }
    }

    /// A record has one text: neither the bits that are left over nor padding give it another.
    @Test func otherSpellingsAreRefused() {
        let text = codec.encode(cursor())
        let last = text.unicodeScalars.last.map { Character($0) } ?? "A"
        var refused = [
            text + "=", text + "==", " " + text, text + "\n", String(text.dropLast()), text + "A", "",
            String(repeating: "A", count: 62), String(repeating: "A", count: 100_000),
            "+/" + text.dropFirst(2),
            "\u{0}" + text.dropFirst(), "é" + text.dropFirst(2),
        ]
        for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        where character != last {
            refused.append(text.dropLast() + String(character))
        }
        for input in refused {
            #expect(throws: PageCursorError.invalid, "\(input.prefix(80))") {
                try codec.decode(input, scope: scope)
            }
        }
    }

    @Test func belongsToItsCollectionOrderAndFilter() {
        let text = codec.encode(cursor())
        let others: [CursorScope] = [
            CursorScope(collection: .posts, order: .oldest),
            CursorScope(collection: .users, order: .newest),
            CursorScope(collection: .userPosts(userID: 1, status: .published), order: .newest),
            CursorScope(collection: .userPosts(userID: 1, status: .draft), order: .newest),
            CursorScope(collection: .userPosts(userID: 2, status: .draft), order: .newest),
        ]
        #expect(Set(others).count == others.count)
        for other in others {
            #expect(throws: PageCursorError.mismatch) { try codec.decode(text, scope: other) }
        }
    }

    @Test func anotherSecretRefusesAndARotatedOneAccepts() throws {
        let text = codec.encode(cursor())
        let other = PageCursorCodec(secret: Array("another secret, as long".utf8))
        #expect(throws: PageCursorError.invalid) { try other.decode(text, scope: scope) }
        let rotated = PageCursorCodec(
            secret: Array("another secret, as long".utf8),
            previousSecret: Array("a secret of some length".utf8))
        #expect(try rotated.decode(text, scope: scope) == cursor())
        #expect(rotated.encode(cursor()) == other.encode(cursor()))
    }

    @Test func expiresWhereALifetimeIsSet() throws {
        let time = Mutex(Timestamp(microseconds: 1_000_000_000 * 1_000_000))
        let codec = PageCursorCodec(
            secret: Array("a secret of some length".utf8), lifetime: 160, now: { time.withLock(\.self) })
        let text = codec.encode(cursor())
        time.withLock { $0.microseconds += 5_000_000 }
        #expect(codec.encode(cursor()) == text, "the same page keeps its bytes for a while")
        time.withLock { $0.microseconds += 150_000_000 }
        #expect(try codec.decode(text, scope: scope) == cursor())
        time.withLock { $0.microseconds += 20_000_000 }
        #expect(throws: PageCursorError.expired) { try codec.decode(text, scope: scope) }
    }
}
