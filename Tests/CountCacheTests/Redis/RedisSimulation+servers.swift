import NIOCore
import TestSupport

@testable import CountCache

/// What the servers do, and what is done to them.
extension RedisSimulation {
    func serve(_ id: Int) {
        guard let server = connections[id].server, servers[server].isUp, !servers[server].isFrozen else {
            return
        }
        for (words, reply) in servers[server].answer(&connections[id].atServer) {
            deliver(reply, to: words, on: id)
        }
    }

    /// Sends a reply on its way, or what has become of it.
    func deliver(_ reply: String, to words: [String], on id: Int) {
        guard !connections[id].isMute else { return }
        var bytes = Array(reply.utf8)
        var hangsUp = false
        if !isWell {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<2:
                connections[id].isMute = true
                bytes = []
            case 2..<5:
                connections[id].isMute = true
                bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
                hangsUp = chance(0.5)
            case 5..<8:
                let garbage = [
                    "HTTP/1.1 400\r\n", "$9223372036854775800\r\n", "*2147483647\r\n", "%1\r\n", "$300\r\n",
                ]
                bytes = Array(garbage[Int.random(in: 0..<garbage.count, using: &random)].utf8)
            case 8..<12 where words[0].hasPrefix("EVAL"):
                bytes = Array(wrongReply(words).utf8)
                if let call = UInt64(words[4]) { calls[call]?.isTampered = true }
            default:
                break
            }
        }
        var time = max(now + latency(), connections[id].nextToClient)
        while !bytes.isEmpty {
            let length = chance(0.3) ? Int.random(in: 1...bytes.count, using: &random) : bytes.count
            schedule(.toClient(id, Array(bytes.prefix(length))), atNanoseconds: time)
            bytes.removeFirst(length)
            if !bytes.isEmpty { time += latency() }
        }
        connections[id].nextToClient = time
        if hangsUp { schedule(.closed(id), atNanoseconds: time) }
    }

    func wrongReply(_ words: [String]) -> String {
        let slot = RedisHashSlot.slot(of: words[3])
        let replies = [
            ":1\r\n", "*0\r\n", "+OK\r\n", "-OOM x\r\n", "-READONLY x\r\n", "-MASTERDOWN x\r\n",
            "-BUSY x\r\n",
            "-NOAUTH x\r\n", "-NOSCRIPT x\r\n", "-CLUSTERDOWN x\r\n", "-TRYAGAIN x\r\n", "-MOVED x\r\n",
            "-MOVED \(slot) node:1\r\n", "-MOVED \(slot) nowhere:1\r\n", "-ASK \(slot) nowhere:2\r\n",
            "-MOVED \(slot ^ 1) node:1\r\n",
        ]
        return replies[Int.random(in: 0..<replies.count, using: &random)]
    }

    func redirect(_ slot: UInt16, at server: Int, isAsking: Bool) -> String? {
        let owner = owners[slot] ?? 0
        if owner == server {
            return destinations[slot].flatMap { $0 == server ? nil : "ASK \(slot) node:\($0 + 1)" }
        }
        return isAsking && destinations[slot] == server ? nil : "MOVED \(slot) node:\(owner + 1)"
    }

    func makeMischief() {
        let index = Int.random(in: 0..<servers.count, using: &random)
        let server = servers[index]
        let later = now + Int64.random(in: 1...800, using: &random) * 1_000_000
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            server.isUp = false
            server.scripts = []
            dropConnections(to: index)
            schedule(.rise(index), atNanoseconds: later)
        case 1:
            server.isFrozen = true
            schedule(.thaw(index), atNanoseconds: later)
        case 2:
            server.isUnreachable.toggle()
            dropConnections(to: index)
        case 3:
            let ailments = ["LOADING x", "MASTERDOWN x", "BUSY x", "CLUSTERDOWN x", "NOAUTH x", nil, nil]
            server.ailment = ailments[Int.random(in: 0..<ailments.count, using: &random)]
        case 4:
            server.scripts = []
        case 5:
            for slot in owners.keys.sorted() {
                owners[slot] = Int.random(in: 0..<servers.count, using: &random)
            }
        case 6:
            for slot in owners.keys.sorted() {
                destinations[slot] = Int.random(in: 0..<servers.count, using: &random)
            }
        default:
            dropConnections(to: index)
        }
    }

    func dropConnections(to index: Int) {
        for id in connections.indices where connections[id].server == index {
            connections[id].isMute = true
            schedule(.closed(id), atNanoseconds: max(now, connections[id].nextToClient))
        }
    }

    func heal() {
        isWell = true
        for index in servers.indices {
            servers[index].isUp = true
            servers[index].isUnreachable = false
            servers[index].ailment = nil
            schedule(.thaw(index), atNanoseconds: now)
        }
    }
}
