extension Report {
    /// What differs from another run although it must not with one seed: what the runs were asked for, what
    /// readers saw who scrolled while others wrote, and the steps of SQLite's virtual machine.
    ///
    /// Each difference is a sentence. What neither run measured is no difference; what only one measured
    /// is.
    public func deterministicDifferences(from other: Report) -> [String] {
        facts.differences(from: other.facts)
    }

    private var facts: Facts {
        var facts = Facts()
        facts["The seed"] = String(run.seed)
        facts["The number of posts"] = Numbers.exact(run.posts)
        facts["The page size"] = Numbers.exact(run.pageSize)
        if let drift = drift.value { facts.add(drift) }
        if let depth = depth.value { facts.add(depth) }
        if let growth = growth.value { facts.add(growth) }
        return facts
    }
}

/// Facts by what they are about, in the order in which they are told.
private struct Facts {
    private var subjects: [String] = []
    private var values: [String: String] = [:]

    subscript(subject: String) -> String? {
        get { values[subject] }
        set {
            if values[subject] == nil { subjects.append(subject) }
            values[subject] = newValue
        }
    }

    mutating func add(_ drift: DriftFigures) {
        self["Drift: the number of posts at the beginning"] = Numbers.exact(drift.posts)
        self["Drift: pages of a walk"] = Numbers.exact(drift.pagesPerWalk)
        self["Drift: seconds between two pages"] = "\(drift.secondsPerPage)"
        for row in drift.rows {
            let rates = "\(row.insertsPerSecond) inserts and \(row.deletesPerSecond) deletes a second"
            self["Drift by \(row.way.label) at \(rates)"] =
                "\(row.walks) walks, \(row.shown) shown, \(row.shownTwice) shown twice, \(row.neverShown) never shown"
        }
    }

    mutating func add(_ depth: DepthFigures) {
        for series in depth.series {
            for point in series.points {
                guard let steps = point.steps.value else { continue }
                let subject = "\(series.place.label): VM steps by \(series.way.label)"
                self["\(subject) at depth \(Numbers.exact(point.depth))"] = Numbers.exact(steps)
            }
        }
    }

    mutating func add(_ growth: GrowthFigures) {
        for size in growth.sizes.compactMap(\.value) {
            for cost in size.costs {
                guard let steps = cost.steps.value else { continue }
                self["VM steps of \(cost.read.label) among \(Numbers.exact(size.posts)) posts"] =
                    Numbers.exact(steps)
            }
        }
    }

    func differences(from other: Facts) -> [String] {
        let all = subjects + other.subjects.filter { values[$0] == nil }
        return all.compactMap { subject in
            let mine = values[subject] ?? "not measured"
            let others = other.values[subject] ?? "not measured"
            return mine == others ? nil : "\(subject): \(mine) here, \(others) there."
        }
    }
}
