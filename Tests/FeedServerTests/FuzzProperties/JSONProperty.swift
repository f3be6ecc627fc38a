import TestSupport

@testable import FeedServer

enum JSONProperty {
    private typealias Outcome = Result<[JSONReader.Member], JSONReader.Failure>

    static func check(_ bytes: [UInt8]) throws {
        let outcome = outcome(bytes)
        let spaced = Self.outcome(" \t\r\n".utf8 + bytes + "\n ".utf8)
        try demand(spaced == outcome, "with space around it is \(spaced), not \(outcome)")
        guard case .success(let members) = outcome else { return }

        try demand(members.count <= JSONReader.maximumMembers, "\(members.count) members")
        try demand(Self.outcome(bytes + bytes) == .failure(.notJSON), "two documents are one")
        try demand(Self.outcome(bytes + "\0".utf8) == .failure(.notJSON), "a NUL is space")
        // What is no UTF-8 is repaired, so that two names become one.
        guard String(validating: bytes, as: UTF8.self) != nil else { return }
        try demand(Set(members.map { Array($0.name.utf8) }).count == members.count, "a name is there twice")
        let again = Self.outcome(write(members))
        try demand(again == outcome, "written again it is \(again), not \(outcome)")
        if let first = members.first, members.count < JSONReader.maximumMembers {
            let repeated = Self.outcome(write(members + [first]))
            try demand(repeated == .failure(.nameRepeated), "\(first.name) twice is \(repeated)")
        }
        try checkCuts(of: bytes)
    }

    /// No beginning of an object is one.
    private static func checkCuts(of bytes: [UInt8]) throws {
        let end = bytes.lastIndex(of: UInt8(ascii: "}")) ?? 0
        for cut in MultipartOutcome.derivedCuts(of: bytes) where cut <= end {
            let outcome = outcome(Array(bytes[..<cut]))
            try demand(outcome == .failure(.notJSON), "its first \(cut) bytes are \(outcome)")
        }
    }

    private static func outcome(_ bytes: [UInt8]) -> Outcome {
        do throws(JSONReader.Failure) {
            return .success(try JSONReader.members(of: bytes))
        } catch {
            return .failure(error)
        }
    }

    /// As an object whose texts are escaped in every way that there is.
    static func write(_ members: [JSONReader.Member]) -> [UInt8] {
        let fields = members.map { member in
            let value =
                switch member.value {
                case .text(let text): escaped(text)
                case .other: "[null,{}]"
                }
            return "\(escaped(member.name)):\(value)"
        }
        return Array("{\(fields.joined(separator: ","))}".utf8)
    }

    private static func escaped(_ text: String) -> String {
        let units = text.utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
        return "\"\(units.joined())\""
    }
}
