import NIOCore
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
        for part in parts { try decoder.decode(part) { replies.append($0) } }
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
        ":9223372036854775808\r\n", ":111111111111111111111", "$-2\r\n", "$9223372036854775800\r\n",
        "$1025\r\n",
        "$3\r\nabcd\r\n", "$3\r\nabc\n\n", "*2147483647\r\n", "*-2\r\n", "*65\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "+O\nK\r\n", "+O\rK\r\n", "*2\r\n$1\r\na\r\n*64\r\n", "+" + String(repeating: "x", count: 1024),
    ])
    func refuses(hostile wire: String) throws {
        #expect(throws: CountCacheTrouble.protocol) { try decode([ByteBuffer(string: wire)]) }
        #expect(throws: CountCacheTrouble.protocol) { try decode(wire.utf8.map { ByteBuffer(bytes: [$0]) }) }
    }

    @Test func commandsGoOutInHiredisFraming() throws {
        var buffer = ByteBuffer()
        try RedisCommand("SET", "{k}", "", "ü").encode(into: &buffer)
        #expect(String(buffer: buffer) == "*4\r\n$3\r\nSET\r\n$3\r\n{k}\r\n$0\r\n\r\n$2\r\nü\r\n")
    }

    @Test(arguments: [
        "", "1", "1 ", " 1", "-1 5", "1 -5", "01 5", "1  5", "1 5 ", "1 5\n", "+1 5", "a 5",
        "9223372036854775808 1", "\u{661} 5",
    ])
    func stampIsRefused(text: String) {
        #expect(CountStamp(Array(text.utf8)) == nil)
    }

    @Test func stampReadsWhatItWrites() {
        let stamp = CountStamp(value: .max, countedAt: .max)
        #expect(CountStamp(Array(stamp.text.utf8)) == stamp)
        #expect(stamp.text.utf8.count == CountStamp.maxLength)
    }
}
