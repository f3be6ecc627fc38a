import NIOCore
import Testing

@testable import CountCache

@Suite struct RedisDialogueTests {
    private static let here = RedisEndpoint.tcp(host: "here", port: 1, tls: false)
    private static let there = RedisEndpoint.tcp(host: "there", port: 2, tls: false)
    /// The key "foo" has slot 12182 (Redis cluster specification).
    private var dialogue = RedisDialogue(
        RedisScriptCall(script: RedisScript("return 1"), keys: ["foo"], arguments: ["x"]))

    /// The names of the commands that are sent now.
    private func commands(_ dialogue: RedisDialogue) throws -> [String] {
        var encoder = RedisCommandEncoder()
        let (bytes, replyCount) = try dialogue.request(&encoder)
        let names = String(buffer: bytes).split(separator: "\r\n").map(String.init)
            .filter { ["ASKING", "EVAL", "EVALSHA"].contains($0) }
        #expect(names.count == replyCount)
        return names
    }

    @Test func usualCallTakesOneReply() throws {
        for reply in [
            RedisReply.integer(1), .null, .bulk([]), .error("OOM x"), .error("READONLY x"), .array([]),
        ] {
            var dialogue = dialogue
            #expect(try commands(dialogue) == ["EVALSHA"])
            #expect(dialogue.received(reply, from: Self.here) == .finished(reply))
        }
    }

    @Test mutating func unknownScriptIsSentOnce() throws {
        let unknown = RedisReply.error("NOSCRIPT No matching script. Please use EVAL.")
        #expect(dialogue.received(unknown, from: Self.here) == .resend)
        #expect(try commands(dialogue) == ["EVAL"])
        #expect(dialogue.received(unknown, from: Self.here) == .finished(unknown))
    }

    @Test mutating func movedIsFollowedAndRemembered() throws {
        let step = dialogue.received(.error("MOVED 12182 there:2"), from: Self.here)
        #expect(step == .redirected(to: Self.there, moved: 12182))
        #expect(try commands(dialogue) == ["EVALSHA"])
    }

    @Test mutating func askIsFollowedWithAsking() throws {
        let step = dialogue.received(.error("ASK 12182 there:2"), from: Self.here)
        #expect(step == .redirected(to: Self.there, moved: nil))
        #expect(try commands(dialogue) == ["ASKING", "EVALSHA"])
        // when the other node does not know the script, it is asked once more
        #expect(dialogue.received(.error("NOSCRIPT x"), from: Self.there) == .resend)
        #expect(try commands(dialogue) == ["ASKING", "EVAL"])
        // and when it sends us back, it is not asked
        #expect(
            dialogue.received(.error("MOVED 12182 here:1"), from: Self.there)
                == .redirected(to: Self.here, moved: 12182))
        #expect(try commands(dialogue) == ["EVAL"])
    }

    @Test mutating func loopEnds() {
        for _ in 0..<3 {
            let step = dialogue.received(.error("MOVED 12182 here:1"), from: Self.here)
            #expect(step == .redirected(to: Self.here, moved: 12182))
        }
        #expect(dialogue.received(.error("MOVED 12182 here:1"), from: Self.here) == .failed(.redirect))
    }

    @Test(arguments: [
        "MOVED", "MOVED ", "MOVED 12182", "MOVED 12182 ", "MOVED 12182 there", "MOVED 12182 there:",
        "MOVED 12182 there:0", "MOVED 12182 there:65536", "MOVED 12182 there:02", "MOVED 12182 there:-2",
        "MOVED 12182 there:2 more", "MOVED  there:2", "MOVED 16384 there:2", "MOVED -1 there:2",
        "MOVED x there:2", "MOVED 12183 there:2", "MOVED 012182 there:2", "MOVED 12182 ?:2",
        "MOVED 12182 a/b:2",
        "MOVED 12182 \u{e4}:2", "ASK 12182", "ASK 12183 there:2",
        "MOVED 12182 " + String(repeating: "a", count: 256) + ":2",
    ])
    func redirectThatMakesNoSenseIsNotFollowed(text: String) {
        var dialogue = dialogue
        #expect(dialogue.received(.error(text), from: Self.here) == .failed(.redirect))
    }

    @Test func withoutAHostTheSameIsMeant() {
        let reply = RedisReply.error("MOVED 1 :7")
        #expect(
            RedisRedirect(reply, from: .tcp(host: "h", port: 1, tls: true))?.endpoint
                == .tcp(host: "h", port: 7, tls: true))
        #expect(RedisRedirect(reply, from: .unix(path: "/s")) == nil)
        #expect(
            RedisRedirect(.error("ASK 1 ::1:7"), from: .unix(path: "/s"))?.endpoint
                == .tcp(host: "::1", port: 7, tls: false))
    }
}

@Suite struct RedisHashSlotTests {
    @Test func checksumIsThatOfTheSpecification() {
        #expect(RedisHashSlot.crc16("123456789".utf8) == 0x31C3)
    }

    @Test(
        arguments: [
            ("foo", 12182), ("bar", 5061), ("", 0), ("{user1000}.following", 3443),
            ("{user1000}.followers", 3443),
            ("user1000", 3443), ("foo{}{bar}", 8363), ("foo{{bar}}zap", 4015), ("foo{bar}{zap}", 5061),
            ("foo{bar", 15278),
        ] as [(String, UInt16)])
    func slots(key: String, slot: UInt16) {
        // Those that are not in the specification are what CLUSTER KEYSLOT says.
        #expect(RedisHashSlot.slot(of: key) == slot)
    }
}
