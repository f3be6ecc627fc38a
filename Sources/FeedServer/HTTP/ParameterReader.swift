/// Takes the parameters that an address knows out of a query and gathers everything wrong with them,
/// so that a client learns all of it at once.
///
/// Repeated and unknown names are errors like bad values are. Nothing is clamped.
struct ParameterReader {
    /// No address knows more parameters.
    private static let usualCount = 8
    /// Unicode scalars of an unknown name that an answer repeats: a name may be anything.
    private static let longestName = 64

    private let parameters: [QueryString.Parameter]
    private var known: [String] = []
    private var issues: [Problem.Issue] = []

    init(_ query: QueryString) {
        parameters = query.parameters
        known.reserveCapacity(Self.usualCount)
    }

    /// An integer within bounds, or the default where the parameter is absent.
    mutating func integer(_ name: String, default standard: Int, in bounds: ClosedRange<Int>) -> Int {
        guard let text = text(name) else { return standard }
        guard let value = Self.decimal(text), bounds.contains(value) else {
            let allowed =
                bounds.upperBound == Int.max
                ? "an integer of \(bounds.lowerBound) or more"
                : "an integer from \(bounds.lowerBound) to \(bounds.upperBound)"
            refuse(name, "must be \(allowed)")
            return standard
        }
        return value
    }

    /// One of a few words, or the default where the parameter is absent.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, default standard: Choice
    ) -> Choice {
        guard let text = text(name) else { return standard }
        guard let choice = Choice(named: text) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: " or ")
            refuse(name, "must be \(words)")
            return standard
        }
        return choice
    }

    /// `true` or `false`, or `false` where the parameter is absent.
    mutating func flag(_ name: String) -> Bool {
        guard let text = text(name) else { return false }
        let isTrue = text.isWord("true")
        if !isTrue, !text.isWord("false") { refuse(name, "must be true or false") }
        return isTrue
    }

    /// The parameter's text, `nil` where it is absent.
    mutating func text(_ name: String) -> String? {
        known.append(name)
        var value: String?
        for parameter in parameters where parameter.name.isWord(name) {
            if value != nil { refuse(name, "is given more than once") }
            value = value ?? parameter.value
        }
        return value
    }

    /// Adds an error that was found elsewhere.
    mutating func refuse(_ name: String, _ detail: String) {
        guard !issues.contains(where: { name.utf8.isText($0.parameter) }) else { return }
        issues.append(.init(parameter: name, detail: detail))
    }

    /// Ends the reading.
    ///
    /// - Throws: ``Problem/Code/validation`` with all that was wrong.
    mutating func finish() throws(Problem) {
        for parameter in parameters where !known.contains(where: parameter.name.isWord) {
            let takes =
                known.isEmpty ? "this address takes none" : "known are \(known.joined(separator: ", "))"
            refuse(parameter.name.shortened(to: Self.longestName), "is unknown; \(takes)")
        }
        if !issues.isEmpty { throw .validation(issues) }
    }

    /// Digits only: no sign, no white space, no other script's digits.
    private static func decimal(_ text: String) -> Int? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        // More digits than fit are beyond every bound.
        return text.isEmpty ? nil : Int(text) ?? .max
    }
}
