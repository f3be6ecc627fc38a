import Foundation

extension Plot {
    /// How a series looks. Each differs from the others in its mark, its dashes and its filling too, so
    /// that nobody needs the color.
    ///
    /// The colors are of the palette of Okabe and Ito, and two of the same lightness: those who confuse red
    /// and green can tell them apart, and each has a contrast of 3:1 and more with white and with a dark
    /// page.
    enum Style: Int, CaseIterable, Sendable {
        case blue, orange, green, purple, gray

        var color: String {
            switch self {
            case .blue: "#0072b2"
            case .orange: "#d55e00"
            case .green: "#009e73"
            case .purple: "#b5519c"
            case .gray: "#7d7d7d"
            }
        }

        /// Numbers of gnuplot's SVG terminal: disc, square, triangle, triangle on its tip, diamond.
        var pointType: Int {
            switch self {
            case .blue: 7
            case .orange: 5
            case .green: 9
            case .purple: 11
            case .gray: 13
            }
        }

        /// Lengths of dash and gap; solid if empty.
        var dashes: String {
            switch self {
            case .blue: ""
            case .orange: "(10,5)"
            case .green: "(3,4)"
            case .purple: "(12,4,2,4)"
            case .gray: "(5,3)"
            }
        }

        /// Of a bar's inside, from 0 to 1.
        var fillDensity: Double {
            switch self {
            case .blue: 1
            case .orange: 0.45
            case .green: 0.1
            case .purple: 0.7
            case .gray: 0.25
            }
        }
    }

    /// Of text and axes, and of the lines behind the figures. In the script they are only marks for
    /// ``finish(svg:)``.
    enum Ink {
        static let text = Color(red: 31, green: 35, blue: 40)
        static let grid = Color(red: 208, green: 215, blue: 222)

        static let textInDark = "#e6edf3"
        static let gridInDark = "#30363d"
    }

    struct Color {
        var red: Int
        var green: Int
        var blue: Int

        var hexadecimal: String { String(format: "#%02x%02x%02x", red, green, blue) }

        /// The ways in which gnuplot writes it into SVG.
        var spellings: [String] {
            [
                "rgb(\(red),\(green),\(blue))",
                String(format: "rgb(%3d, %3d, %3d)", red, green, blue),
            ]
        }
    }
}

extension Plot {
    /// Makes what gnuplot wrote fit for a page: its text and axes follow the reader's choice of light or
    /// dark, its background is the page's, and it has a title and a description for those who hear it.
    public func finish(svg: String) -> String {
        let style = """
            <style>
            svg g { color: \(Ink.text.hexadecimal); }
            text { font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
            .gridline { stroke: \(Ink.grid.hexadecimal); }
            @media (prefers-color-scheme: dark) {
            svg g { color: \(Ink.textInDark); }
            .gridline { stroke: \(Ink.gridInDark); }
            }
            </style>
            """
        var result = svg
        for spelling in Ink.text.spellings {
            result = result.replacingOccurrences(of: spelling, with: "currentColor")
        }
        // A name of each part of the plot would be shown as a hint over it.
        result = result.replacing(#/<title>gnuplot_plot_[^<]*<\/title>/#, with: "")
        result = result.replacing(#/<title>Gnuplot<\/title>/#, with: "<title>\(Self.escaped(title))</title>")
        // The description that gnuplot gives is its version, which would differ from machine to machine.
        return result.replacing(
            #/<desc>[^<]*<\/desc>/#, with: "<desc>\(Self.escaped(description))</desc>\n\(style)")
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }
}
