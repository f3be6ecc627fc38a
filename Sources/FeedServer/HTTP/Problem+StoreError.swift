import FeedStore

extension Problem {
    /// What a client is told of a store's error; `nil` where that is nothing but that there is one.
    init?(_ error: StoreError) {
        switch error.code {
        case .unavailable, .timeout, .overloaded:
            self.init(code: .unavailable, detail: "The store could not answer in time. Try again.")
        case .conflict:
            let field = error.field ?? "value"
            self.init(
                code: .conflict, detail: "This \(field) is taken.",
                issues: [.init(parameter: field, detail: "is taken; choose another")])
        case .invalid:
            self = .validation([.init(parameter: error.field ?? "text", detail: "must not hold U+0000")])
        case .expired:
            self.init(
                code: .cursorExpired,
                detail: "The posts have other dates than when this cursor was made. Start again without one.")
        default:
            return nil
        }
    }
}
