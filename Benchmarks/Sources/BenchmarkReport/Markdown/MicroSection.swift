extension MicroFigures {
    func blocks() -> [String] {
        let method = """
            Single steps of the read path, without a server around them. Instructions and allocations hardly depend on \
            what else a machine does; what is committed to for them is the most that a step may take.
            """
        var table = Table(columns: [
            .words("step"), .figures("time (ns)"), .figures("instructions"), .figures("at most"),
            .figures("allocations"), .figures("at most"),
        ])
        for row in rows {
            table.rows.append([
                .text(Markdown.escaped(row.name)),
                Table.Cell(row.nanoseconds) { Numbers.rounded($0) },
                Table.Cell(row.instructions) { Numbers.exact($0) },
                .text(row.instructionsThreshold.map(Numbers.exact) ?? "–"),
                Table.Cell(row.allocations) { Numbers.exact($0) },
                .text(row.allocationsThreshold.map(Numbers.exact) ?? "–"),
            ])
        }
        return [method, table.markdown()]
    }
}
