/// The values of a form as they were sent, and what is wrong with them.
struct FilledForm<Value> {
    let value: Value
    private let problem: Problem?

    init(_ fields: inout FieldReader, _ read: (inout FieldReader) -> Value) {
        value = read(&fields)
        do {
            try fields.finish()
            problem = nil
        } catch {
            problem = error
        }
    }

    /// - Throws: ``Problem/Code/validation`` with all that is wrong.
    func check() throws(Problem) {
        if let problem { throw problem }
    }
}
