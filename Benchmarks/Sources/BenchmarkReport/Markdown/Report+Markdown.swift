extension Report {
    /// The document: a summary, the claims, a section for each question, and what it was run on.
    ///
    /// - Parameters:
    ///   - title: its heading.
    ///   - plotFolder: where the files of ``plots`` lie, as seen from the document; nil if there are none.
    ///   - command: what a reader has to type to run the same again.
    public func markdown(
        title: String = "Offset against cursor, measured", plotFolder: String? = "plots",
        command: String = "make bench"
    ) -> String {
        let plots = PlotLinks(folder: plotFolder)
        let blocks =
            ["# \(Markdown.escaped(title))"]
            + warnings
            + summary
            + claimsBlocks
            + section("Depth: what a page costs behind so many others", depth) { $0.blocks(plots) }
            + section("Drift: what a reader sees while others write", drift) { $0.blocks(plots) }
            + section("Totals: what it costs to say how many there are", totals) { $0.blocks(plots) }
            + section("Throughput: what a request costs the server", throughput) { $0.blocks(plots) }
            + section("Growth: what a page costs in a larger collection", growth) { $0.blocks(plots) }
            + section("Writes: durable posts a second", writes) { $0.blocks(plots) }
            + section("Micro: what single steps cost", micro) { $0.blocks() }
            + runBlocks(command)
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private func section<Figures>(
        _ title: String, _ figures: Outcome<Figures>, _ blocks: (Figures) -> [String]
    ) -> [String] {
        let heading = "## \(title)"
        switch figures {
        case .measured(let figures): return [heading] + blocks(figures)
        case .notMeasured(let reason):
            return [heading, "**Not measured:** \(Markdown.escaped(reason).endingSentence)"]
        }
    }

    /// What a reader has to know before any figure.
    private var warnings: [String] {
        var warnings: [String] = []
        let failure = run.failure.map { " \(Markdown.escaped($0))" } ?? ""
        switch run.status {
        case .complete:
            break
        case .running:
            warnings.append(
                "**This run has not ended.** It was going on, or was killed, when this was written.")
        case .interrupted:
            warnings.append("**This run was interrupted.** What was finished by then is here.\(failure)")
        case .failed:
            warnings.append("**This run failed.**\(failure)")
        }
        if failsRun {
            warnings.append("**A claim does not hold.** The table of claims says which.")
        }
        if run.isQuick {
            warnings.append(
                "**A quick run:** fewer samples and shorter turns. The figures are rougher than those of a full run."
            )
        }
        return warnings.map(Markdown.quote)
    }
}

/// How the document shows plots.
struct PlotLinks {
    var folder: String?

    func images(_ plots: [Plot]) -> [String] {
        guard let folder else { return [] }
        return plots.map { "![\(Markdown.escaped($0.description))](\(folder)/\($0.fileName))" }
    }
}
