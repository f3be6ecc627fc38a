/// What callgrind has counted between the calls of a function, read from its file:
/// https://valgrind.org/docs/manual/cl-format.html
///
/// With `--dump-before` and `--combine-dumps=yes` the file has a part for each call, which holds what was
/// counted since the one before, and a last one from then to the program's end.
struct CallgrindOutput: Equatable {
    /// The function that `micro-counter` calls between rounds.
    static let mark = "micro_counter_mark"

    /// Instructions up to each call of ``mark``.
    private(set) var untilMarks: [Int] = []

    init(text: String) {
        var isMark = false
        // By bytes: the file has some hundred thousand lines that tell of functions.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "desc: Trigger:".utf8) {
                isMark = Substring(line).hasSuffix("--dump-before=\(Self.mark)")
            } else if isMark, line.starts(with: "totals:".utf8) {
                let count = Substring(line).split(separator: " ").dropFirst().first
                if let count = count.flatMap({ Int($0) }) { untilMarks.append(count) }
                isMark = false
            }
        }
    }

    /// Instructions of one step, by the operation's name.
    ///
    /// - Throws: where it was not called as `micro-counter` calls it: before the first round of each operation, and
    ///   behind each round.
    func instructions(of counter: CounterOutput) throws -> [String: Int] {
        let marks = 1 + 2 * counter.pairs
        guard untilMarks.count == marks * counter.operations.count else {
            throw MicroMeasurementError.unreadable(
                "callgrind saw \(untilMarks.count) marks, not \(marks) of each operation")
        }
        var instructions: [String: Int] = [:]
        for (index, operation) in counter.operations.enumerated() {
            let rounds = untilMarks[(index * marks)..<((index + 1) * marks)].dropFirst()
            // What other threads did meanwhile can only have added to a round.
            func least(_ remainder: Int) -> Int {
                rounds.enumerated().filter { $0.offset % 2 == remainder }.map(\.element).min() ?? 0
            }
            instructions[operation.name] = counter.perStep(least(0), least(1))
        }
        return instructions
    }
}
