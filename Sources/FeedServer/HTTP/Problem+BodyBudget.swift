extension Problem {
    /// What a client is told whose body there is no room for.
    init(_ refusal: BodyBudget.Refusal) {
        switch refusal {
        case .address:
            self.init(
                code: .rateLimited,
                detail:
                    "Too many requests of this address are under way with their bodies. Wait for their answers."
            )
        case .server:
            self.init(
                code: .unavailable, detail: "Too many requests are under way with their bodies. Try again.")
        }
    }
}
