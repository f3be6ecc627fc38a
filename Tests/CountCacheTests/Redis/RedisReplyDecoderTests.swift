import NIOCore
import TestSupport
import Testing

@testable import CountCache

@Suite struct RedisReplyDecoderTests {
    private static let wire =
        "+OK\r\n-ERR no\r\n:-12\r\n$5\r\na\r\nbc\r\n$-1\r\n$0\r\n\r\n*0\r\n*-1\r\n"
        + "*3\r\n$1\r\n7\r\n*1\r\n:1\r\n-WRONGTYPE x\r\n"
    private static let replies: [RedisReply] = [
        .status("OK"), .error("ERR no"), .integer(-12), .bulk(Array("a\r\nbc".utf8)), .null, .bulk([]),
        .array([]),
        .null, .array([.bulk([UInt8(ascii: "7")]), .array([.integer(1)]), .error("WRONGTYPE x")]),
    ]

    private func decode(_ parts: [ByteBuffer], maxReplyBytes: Int = 1024) throws -> [RedisReply] {
        var decoder = try RedisReplyDecoder(maxReplyBytes: maxReplyBytes)
        var replies: [RedisReply] = []
        for part in parts {
            decoder.append(part)
            while let reply = try decoder.next() { replies.append(reply) }
        }
        return replies
    }

    @Test func takesRepliesCutAnywhere() throws {
        let wire = Array(Self.wire.utf8)
        for cut in 0...wire.count {
            let parts = [ByteBuffer(bytes: wire[..<cut]), ByteBuffer(bytes: wire[cut...])]
            #expect(try decode(parts) == Self.replies, "cut at \(cut)")
        }
        #expect(try decode(wire.map { ByteBuffer(bytes: [$0]) }) == Self.replies)
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "\r\n", "%1\r\n", ":\r\n", ":1\n", ":01\r\n", ":+1\r\n", ":-0\r\n",
        ":9223372036854775808\r\n", ":-9223372036854775809\r\n", ":--1\r\n", ":1-\r\n", ":-\r\n", ":-01\r\n",
        ":111111111111111111111", "$-2\r\n", "$9223372036854775800\r\n",
        "$1025\r\n",
        "$3\r\nabcd\r\n", "$3\r\nabc\n\n", "*2147483647\r\n", "*-2\r\n", "*65\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "+O\nK\r\n", "+O\rK\r\n", "*2\r\n$1\r\na\r\n*64\r\n", "+" + String(repeating: "x", count: 1024),
    ])
    func refuses(hostile wire: String) throws {
        #expect(throws: CountCacheTrouble.protocol) { try decode([ByteBuffer(string: wire)]) }
        #expect(throws: CountCacheTrouble.protocol) { try decode(wire.utf8.map { ByteBuffer(bytes: [$0]) }) }
    }

    @Test(arguments: [Int64.min, -1, 0, 1, .max])
    func integersAreExact(number: Int64) throws {
        #expect(try decode([ByteBuffer(string: ":\(number)\r\n")]) == [.integer(number)])
    }

    @Test func bytesThatComeWhileARepliesIsTakenAreNotLost() throws {
        // given two replies of which the first was taken
        var decoder = try RedisReplyDecoder(maxReplyBytes: 64)
        decoder.append(ByteBuffer(string: ":1\r\n:2\r\n"))
        #expect(try decoder.next() == .integer(1))
        // when more bytes come before the second is
        decoder.append(ByteBuffer(string: ":3\r\n:"))
        // then
        #expect(try decoder.next() == .integer(2))
        #expect(try decoder.next() == .integer(3))
        #expect(try decoder.next() == nil)
    }

    @Test func lengthOfAReplyIsBounded() throws {
        let longest = "$90\r\n" + String(repeating: "x", count: 90) + "\r\n"
        #expect(
            try decode([ByteBuffer(string: longest)], maxReplyBytes: 97) == [
                .bulk(Array(repeating: 120, count: 90))
            ])
        #expect(throws: CountCacheTrouble.protocol) {
            try decode([ByteBuffer(string: longest)], maxReplyBytes: 96)
        }
    }

    @Test func littleIsKept() throws {
        var decoder = try RedisReplyDecoder(maxReplyBytes: 1024)
        let reply = ByteBuffer(string: "$500\r\n" + String(repeating: "x", count: 500) + "\r\n")
        for _ in 0..<1000 {
            decoder.append(reply)
            #expect(try decoder.next() != nil)
            #expect(decoder.keptBytes <= 2048)
        }
    }

    @Test func randomBytesAreTakenOrRefusedAlikeHoweverTheyAreCut() throws {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("+-:$*0123456789\r\n\r\nOK".utf8)
        for _ in 0..<2000 {
            let wire = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let whole = Result { try decode([ByteBuffer(bytes: wire)]) }
            let cut = Result { try decode(wire.map { ByteBuffer(bytes: [$0]) }) }
            switch (whole, cut) {
            case (.success(let one), .success(let other)): #expect(one == other)
            case (.failure, .failure): break
            default: Issue.record("taken and refused: \(String(decoding: wire, as: UTF8.self))")
            }
        }
    }
}

@Suite struct RedisCommandEncoderTests {
    private var encoder = RedisCommandEncoder()

    @Test mutating func commandsGoOutInHiredisFraming() throws {
        var buffer = ByteBuffer()
        try encoder.encode(["SET", "{k}", "", "ü"], into: &buffer)
        try encoder.encode(["PING"], into: &buffer)
        #expect(
            String(buffer: buffer)
                == "*4\r\n$3\r\nSET\r\n$3\r\n{k}\r\n$0\r\n\r\n$2\r\nü\r\n*1\r\n$4\r\nPING\r\n")
    }

    @Test mutating func scriptsGoOutByDigestOrSource() throws {
        let script = RedisScript("return 1")
        #expect(script.digest == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
        let call = RedisScriptCall(script: script, keys: ["{k}"], arguments: ["a", ""])
        var buffer = ByteBuffer()
        try encoder.encode(call, sendsSource: false, into: &buffer)
        let rest = "$1\r\n1\r\n$3\r\n{k}\r\n$1\r\na\r\n$0\r\n\r\n"
        #expect(String(buffer: buffer) == "*6\r\n$7\r\nEVALSHA\r\n$40\r\n\(script.digest)\r\n" + rest)
        buffer.clear()
        try encoder.encode(call, sendsSource: true, into: &buffer)
        #expect(String(buffer: buffer) == "*6\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n" + rest)
    }
}
