/// A picture of figures, of those that were measured. gnuplot draws it from ``script()``, and
/// ``finish(svg:)`` makes what gnuplot wrote fit for a page.
public struct Plot: Equatable, Sendable {
    /// Name of its file, without a folder: "depth-http.svg".
    public var fileName: String
    /// One line.
    public var title: String
    /// What the marks mean, in one line.
    var note: String
    /// What is to be seen, for those who can't see it.
    public var description: String
    var x: Axis
    var y: Axis
    var kind: Kind
    var series: [Series]

    enum Kind: Sendable {
        /// A mark for each figure, and a line through those of a series.
        case lines
        /// A bar for each figure, those of a category next to each other.
        case bars
    }

    struct Axis: Equatable, Sendable {
        enum Scale: Equatable, Sendable {
            case linear, logarithmic
            /// Equal steps, whatever they stand for; a figure's place is its index.
            case categories([String])
        }

        /// With its unit.
        var label: String
        var scale: Scale
    }

    struct Series: Equatable, Sendable {
        var label: String
        var style: Style
        /// Nil breaks the line: there is a figure missing, and nothing may be made up for it.
        var points: [Point?]

        var measured: [Point] { points.compactMap { $0 } }
    }

    struct Point: Equatable, Sendable {
        var x: Double
        var y: Double
        /// Ends of the whisker.
        var low: Double
        var high: Double

        init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
            self.x = x
            self.y = y
            self.low = low ?? y
            self.high = high ?? y
        }
    }

    /// Nil when there is nothing to be drawn.
    init?(
        fileName: String, title: String, note: String, description: String, x: Axis, y: Axis, kind: Kind,
        series: [Series]
    ) {
        // A logarithmic axis has no place for 0, and no axis has one for what is no number.
        func isDrawable(_ point: Point) -> Bool {
            let x = x.scale != .logarithmic || point.x > 0
            let y = y.scale != .logarithmic || point.low > 0
            return x && y && [point.x, point.y, point.low, point.high].allSatisfy(\.isFinite)
        }
        let drawn = series.map { series in
            Series(
                label: series.label, style: series.style,
                points: series.points.map { point in point.flatMap { isDrawable($0) ? $0 : nil } })
        }.filter { !$0.measured.isEmpty }
        guard !drawn.isEmpty else { return nil }

        self.fileName = fileName
        self.title = title
        self.note = note
        self.description = description
        self.x = x
        self.y = y
        self.kind = kind
        self.series = drawn
    }
}

extension Report {
    /// Every plot for which there are figures.
    public var plots: [Plot] {
        let sections: [[Plot]?] = [
            depth.value?.plots, drift.value?.plots, totals.value?.plots, throughput.value?.plots,
            growth.value?.plots, writes.value?.plots,
        ]
        return sections.compactMap { $0 }.flatMap { $0 }
    }
}
