import NIOCore

@testable import CountCache

/// A Redis of a cluster, as far as the client can tell one from a real one: it reads commands and writes replies, as
/// bytes, and has the ailments that real ones have.
final class ModelRedis {
    /// The state of one connection at the server.
    struct Connection {
        var unread: [UInt8] = []
        var isAsking = false
    }

    let endpoint: RedisEndpoint
    var isUp = true
    /// Takes bytes and does nothing with them (SIGSTOP).
    var isFrozen = false
    /// Nothing gets through to it, not even a refusal.
    var isUnreachable = false
    /// Answers everything with an error.
    var ailment: String?
    var scripts: Set<String> = []
    /// What it says of a slot that is not its own, or is on its way: `MOVED 1 host:1`.
    var redirect: (_ slot: UInt16, _ isAsking: Bool) -> String? = { _, _ in nil }

    init(endpoint: RedisEndpoint) {
        self.endpoint = endpoint
    }

    /// The replies to all whole commands among the bytes that have come, with their commands' words.
    func answer(_ connection: inout Connection) -> [(words: [String], reply: String)] {
        var answers: [(words: [String], reply: String)] = []
        while let words = Self.takeCommand(from: &connection.unread) {
            answers.append((words, reply(to: words, &connection)))
        }
        return answers
    }

    private func reply(to words: [String], _ connection: inout Connection) -> String {
        let wasAsking = connection.isAsking
        connection.isAsking = false
        if let ailment { return "-\(ailment)\r\n" }
        switch words[0] {
        case "PING":
            return "+PONG\r\n"
        case "AUTH", "SELECT":
            return "+OK\r\n"
        case "ASKING":
            connection.isAsking = true
            return "+OK\r\n"
        case "EVALSHA", "EVAL":
            if let redirect = redirect(RedisHashSlot.slot(of: words[3]), wasAsking) {
                return "-\(redirect)\r\n"
            }
            if words[0] == "EVAL" { scripts.insert(RedisScript(words[1]).digest) }
            guard words[0] == "EVAL" || scripts.contains(words[1]) else {
                return "-NOSCRIPT No matching script. Please use EVAL.\r\n"
            }
            // All scripts do the same here: they return their first argument.
            return "$\(words[4].utf8.count)\r\n\(words[4])\r\n"
        default:
            return "-ERR unknown command\r\n"
        }
    }

    /// Takes a command off the front, if all of it is there.
    private static func takeCommand(from bytes: inout [UInt8]) -> [String]? {
        var position = 0
        func line() -> Int? {
            var number = 0
            var index = position + 1
            while index < bytes.count, bytes[index] != 13 {
                number = number * 10 + Int(bytes[index]) - 48
                index += 1
            }
            guard index + 1 < bytes.count else { return nil }
            position = index + 2
            return number
        }
        guard !bytes.isEmpty, let count = line() else { return nil }
        var words: [String] = []
        for _ in 0..<count {
            guard position < bytes.count, let length = line(), position + length + 2 <= bytes.count else {
                return nil
            }
            words.append(String(decoding: bytes[position..<position + length], as: UTF8.self))
            position += length + 2
        }
        bytes.removeFirst(position)
        return words
    }
}
