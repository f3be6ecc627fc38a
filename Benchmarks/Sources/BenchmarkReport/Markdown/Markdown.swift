import Foundation

/// Pieces of a document in GitHub's flavour of Markdown.
enum Markdown {
    /// Text that comes from elsewhere, such as a reason or a name of a processor: nothing in it is markup.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\", "*", "`", "[", "]", "_": result += "\\\(character)"
            case "<": result += "&lt;"
            case "&": result += "&amp;"
            // A line of its own could begin a heading or end a table.
            case _ where character.isNewline: result += " "
            default: result.append(character)
            }
        }
        return result
    }

    static func quote(_ text: String) -> String {
        "> " + text
    }

    static func list(_ items: [String]) -> String {
        items.map { "- " + $0 }.joined(separator: "\n")
    }

    /// What only some readers want to see. The empty lines let what is inside still be Markdown.
    static func folded(_ title: String, _ blocks: [String]) -> String {
        "<details>\n<summary>\(title)</summary>\n\n\(blocks.joined(separator: "\n\n"))\n\n</details>"
    }

    static func code(_ lines: String) -> String {
        "```sh\n\(lines)\n```"
    }

    static func notMeasured(_ reason: String) -> String {
        "not measured: \(escaped(reason))"
    }
}

extension Outcome {
    /// The value as text, or why there is none.
    func text(_ format: (Value) -> String) -> String {
        switch self {
        case .measured(let value): format(value)
        case .notMeasured(let reason): Markdown.notMeasured(reason)
        }
    }
}
