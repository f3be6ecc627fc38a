import Foundation

/// A table, with the reasons for what was not measured below it where they are too long for a cell.
struct Table {
    enum Cell: Equatable {
        /// Markdown, but for the pipes.
        case text(String)
        case missing(reason: String)

        init<Value>(_ outcome: Outcome<Value>, _ format: (Value) -> String) {
            switch outcome {
            case .measured(let value): self = .text(format(value))
            case .notMeasured(let reason): self = .missing(reason: reason)
            }
        }
    }

    struct Column {
        enum Alignment { case left, right }

        var title: String
        var alignment: Alignment

        /// Of words.
        static func words(_ title: String) -> Column { Column(title: title, alignment: .left) }
        /// Of figures: their digits stand below each other.
        static func figures(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    /// In characters; a longer reason becomes a footnote.
    private static let longestReason = 24

    var columns: [Column]
    var rows: [[Cell]] = []

    func markdown() -> String {
        var footnotes: [String] = []
        func text(_ cell: Cell) -> String {
            switch cell {
            case .text(let text):
                return text
            case .missing(let reason) where reason.count <= Self.longestReason:
                return Markdown.notMeasured(reason)
            case .missing(let reason):
                if !footnotes.contains(reason) { footnotes.append(reason) }
                let number = (footnotes.firstIndex(of: reason) ?? 0) + 1
                return "not measured <sup>\(number)</sup>"
            }
        }
        let head = line(columns.map(\.title))
        let rule = line(columns.map { $0.alignment == .left ? ":--" : "--:" })
        let body = rows.map { line($0.map(text)) }
        let notes = footnotes.enumerated().map { number, reason in
            "<sup>\(number + 1)</sup> \(Markdown.notMeasured(reason))"
        }
        let table = ([head, rule] + body).joined(separator: "\n")
        // A backslash at its end breaks a line.
        return notes.isEmpty ? table : table + "\n\n" + notes.joined(separator: "\\\n")
    }

    private func line(_ cells: [String]) -> String {
        let escaped = cells.map {
            $0.replacingOccurrences(of: "|", with: "\\|").replacingOccurrences(of: "\n", with: " ")
        }
        return "| " + escaped.joined(separator: " | ") + " |"
    }
}
