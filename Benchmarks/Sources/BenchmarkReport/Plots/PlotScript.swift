import Foundation

extension Plot {
    /// In pixels: as wide as the text of a document.
    private static let size = (width: 720, height: 420)
    /// In pixels.
    private static let fontSize = 14
    /// In pixels, of the labels of categories where there are more than ``mostWideLabels``.
    private static let smallFontSize = 11
    private static let mostWideLabels = 8
    /// In pixels: what a line of text takes, and what gnuplot reckons for a letter when it sets the key in
    /// columns.
    private static let lineHeight = 21
    private static let letterWidth = 11
    /// Of the distance between two categories, what their bars take.
    private static let groupWidth = 0.82
    /// A bar alone would be a wall.
    private static let widestBar = 0.4
    /// Steps by which the marks of series stand beside each other, so that their whiskers don't cover each
    /// other; as a part of the distance between two categories, and of a logarithmic axis.
    private static let dodge = (categories: 0.07, logarithmic: 0.008)
    /// With room for more bars than these, the figures over them are written upwards.
    private static let mostHorizontalLabels = 10

    /// What gnuplot is to be fed, figures included. It writes the SVG to its standard output.
    public func script() -> String {
        let color = "textcolor rgb '\(Ink.text.hexadecimal)'"
        let head = [
            "set terminal svg size \(Self.size.width),\(Self.size.height) font 'sans-serif,\(Self.fontSize)' noenhanced",
            "set encoding utf8",
            "set border 3 linecolor rgb '\(Ink.text.hexadecimal)'",
            // Not as a title, which gnuplot writes below the key.
            "set label \(Self.quoted(title)) at screen 0.5,\(fromTop(18)) center font ',\(Self.fontSize + 2)' \(color)",
            "set label \(Self.quoted(note)) at screen 0.5,\(fromTop(40)) center font ',\(Self.fontSize - 1)' \(color)",
            "set key at screen 0.5,\(fromTop(52)) center top horizontal maxcols \(keyColumns) Left reverse samplen 3 "
                + "width 1 \(color)",
            "set tmargin at screen \(fromTop(68 + keyRows * Self.lineHeight))",
            "set bmargin \(2.4 + Double(categoryLines))",
            "set rmargin 4",
            "set grid ytics linecolor rgb '\(Ink.grid.hexadecimal)' linewidth 1 linetype 1",
            axisScript("x", x, xRange),
            axisScript("y", y, yRange),
        ]
        let data = series.indices.map { "$data\($0) << EOD\n\(dataLines(of: $0))EOD" }
        return (head + data + ["plot " + plotted.joined(separator: ", \\\n    ")]).joined(separator: "\n")
            + "\n"
    }

    /// Of so many pixels below the upper edge, the part of the picture that lies under it.
    private func fromTop(_ pixels: Int) -> String {
        String(format: "%.4f", 1 - Double(pixels) / Double(Self.size.height))
    }

    private var keyColumns: Int {
        let longest = series.map(\.label.count).max() ?? 0
        let column = longest * Self.letterWidth + 70
        return max(1, min(series.count, (Self.size.width - 20) / column))
    }

    private var keyRows: Int {
        (series.count + keyColumns - 1) / keyColumns
    }

    // MARK: Axes

    private var xRange: ClosedRange<Double> {
        let positions = series.flatMap(\.measured).map(\.x)
        return switch x.scale {
        case .categories(let labels): -0.6...(Double(labels.count) - 0.4)
        case .linear, .logarithmic: PlotScale.range(of: positions, x.scale, room: 0.05, startsAtZero: false)
        }
    }

    private var yRange: ClosedRange<Double> {
        let figures = series.flatMap(\.measured).flatMap { [$0.low, $0.y, $0.high] }
        let room = kind == .bars ? (areLabelsUpright ? 0.34 : 0.14) : 0.08
        return PlotScale.range(of: figures, y.scale, room: room, startsAtZero: kind == .bars)
    }

    private func axisScript(_ name: String, _ axis: Axis, _ range: ClosedRange<Double>) -> String {
        let ticks: [(label: String, place: Double)] =
            switch axis.scale {
            case .categories(let labels): labels.enumerated().map { ($1, Double($0)) }
            case .linear: PlotScale.linearTicks(in: range).map { (Numbers.short($0), $0) }
            case .logarithmic where name == "x":
                // The figures themselves: they are few, and the reader looks for them.
                Set(series.flatMap(\.measured).map(\.x)).sorted().map { (Numbers.short($0), $0) }
            case .logarithmic: PlotScale.logarithmicTicks(in: range).map { (Numbers.short($0), $0) }
            }
        let color = "textcolor rgb '\(Ink.text.hexadecimal)'"
        let list = ticks.map { "\(Self.quoted($0.label)) \($0.place)" }.joined(separator: ", ")
        return """
            set \(name)label \(Self.quoted(axis.label)) \(name == "x" ? "offset 0,\(1 - categoryLines)" : "") \(color)
            \(axis.scale == .logarithmic ? "set logscale \(name)" : "unset logscale \(name)")
            set \(name)range [\(range.lowerBound):\(range.upperBound)]
            set \(name)tics nomirror scale 0.5 \(color) \(font(of: axis)) (\(list))
            """
    }

    /// Many labels stand close to each other.
    private func font(of axis: Axis) -> String {
        guard case .categories(let labels) = axis.scale, labels.count > Self.mostWideLabels else { return "" }
        return "font ',\(Self.smallFontSize)'"
    }

    /// Lines of the labels below the plot. gnuplot reckons with one.
    private var categoryLines: Int {
        guard case .categories(let labels) = x.scale else { return 1 }
        return labels.map { $0.split(separator: "\n").count }.max() ?? 1
    }

    // MARK: Figures

    private var areLabelsUpright: Bool {
        guard case .categories(let labels) = x.scale else { return false }
        return labels.count * series.count > Self.mostHorizontalLabels
    }

    private var hasWhiskers: Bool {
        series.flatMap(\.measured).contains { $0.low < $0.y || $0.high > $0.y }
    }

    private var barWidth: Double { min(Self.widestBar, Self.groupWidth / Double(series.count)) }

    /// Columns: place, figure, lower and upper end, figure as text.
    private func dataLines(of index: Int) -> String {
        let lines = series[index].points.map { point in
            guard let point else { return "\n" }
            let place = place(of: point, index)
            return "\(place) \(point.y) \(point.low) \(point.high) \(Self.quoted(Numbers.rounded(point.y)))\n"
        }
        return lines.joined()
    }

    /// Beside those of the other series.
    private func place(of point: Point, _ index: Int) -> Double {
        let steps = Double(index) - Double(series.count - 1) / 2
        switch x.scale {
        case .categories:
            return point.x + steps * (kind == .bars ? barWidth : Self.dodge.categories)
        case .linear:
            return point.x
        case .logarithmic:
            let length = log10(xRange.upperBound / xRange.lowerBound)
            return point.x * pow(10, steps * length * Self.dodge.logarithmic)
        }
    }

    private var plotted: [String] {
        series.indices.flatMap { kind == .bars ? bars(of: $0) : lines(of: $0) }
    }

    private func lines(of index: Int) -> [String] {
        let series = series[index]
        let style = series.style
        let dashes = style.dashes.isEmpty ? "" : " dashtype \(style.dashes)"
        let line =
            "$data\(index) using 1:2 with linespoints linecolor rgb '\(style.color)' linewidth 2\(dashes) "
            + "pointtype \(style.pointType) pointsize 0.8 title \(Self.quoted(series.label))"
        return hasWhiskers ? [whiskers(of: index, "'\(style.color)'"), line] : [line]
    }

    private func bars(of index: Int) -> [String] {
        let series = series[index]
        let style = series.style
        let bars =
            "$data\(index) using 1:2:(\(barWidth * 0.9)) with boxes linecolor rgb '\(style.color)' "
            + "fillstyle transparent solid \(style.fillDensity) border linecolor rgb '\(style.color)' "
            + "title \(Self.quoted(series.label))"
        let turn = areLabelsUpright ? "left rotate by 90 offset 0,0.5" : "center offset 0,0.6"
        let labels =
            "$data\(index) using 1:4:5 with labels \(turn) font ',\(Self.fontSize - 2)' "
            + "textcolor rgb '\(Ink.text.hexadecimal)' notitle"
        return hasWhiskers
            ? [bars, whiskers(of: index, "'\(Ink.text.hexadecimal)'"), labels] : [bars, labels]
    }

    /// Not gnuplot's error bars: those bring a white patch along with them.
    private func whiskers(of index: Int, _ color: String) -> String {
        "$data\(index) using 1:3:(0):($4-$3) with vectors heads size screen 0.005,90 "
            + "linecolor rgb \(color) linewidth 1 linetype 1 notitle"
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacingOccurrences(of: "\\", with: "\\\\")
            .replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
