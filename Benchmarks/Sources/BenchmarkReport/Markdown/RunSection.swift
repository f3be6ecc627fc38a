extension Report {
    /// What it was run on, and how to run it again.
    func runBlocks(_ command: String) -> [String] {
        ["## The run", runTable.markdown(), "### Versions", versionsTable.markdown(), "### To repeat it"]
            + [
                "The same seed gives the same posts, the same order of all that happens in *Drift*, and the same VM "
                    + "steps. `report.json` holds every figure of this document.",
                Markdown.code(command),
            ]
    }

    private var runTable: Table {
        let memory = machine.memory / 1024
        return table([
            ("Began", run.began),
            ("Took", Numbers.duration(run.seconds)),
            // Its digits are to be copied, so that they stand together.
            ("Seed", String(run.seed)),
            ("Posts", "\(Numbers.exact(run.posts)), in most sections"),
            ("Posts on a page", Numbers.exact(run.pageSize)),
            ("Processor", machine.processor),
            ("Cores", Numbers.exact(machine.cores)),
            ("Memory", "\(Numbers.rounded(memory)) GiB"),
            ("System", machine.system),
            ("Kernel", machine.kernel),
            ("File system of the databases", machine.fileSystem),
        ])
    }

    private var versionsTable: Table {
        table(
            machine.versions.sorted { $0.key.lowercased() < $1.key.lowercased() }.map { ($0.key, $0.value) })
    }

    private func table(_ rows: [(String, String)]) -> Table {
        Table(
            columns: [.words("What"), .words("Value")],
            rows: rows.map { [.text(Markdown.escaped($0.0)), .text(Markdown.escaped($0.1))] })
    }
}
