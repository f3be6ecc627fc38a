/// What one body takes of a ``BodyBudget``, by its identity.
final class BodyClaim: Sendable {
    /// By its network.
    let client: ClientAddress
    /// Told, from whatever thread, that the body has lost its place: it is to be cut off, unless it has come to its end
    /// meanwhile.
    let giveWay: @Sendable (BodyClaim) -> Void

    init(client: ClientAddress, giveWay: @escaping @Sendable (BodyClaim) -> Void) {
        self.client = client
        self.giveWay = giveWay
    }
}

extension BodyClaim: Hashable {
    static func == (one: BodyClaim, other: BodyClaim) -> Bool { one === other }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// Sent down a connection's pipeline: see ``BodyClaim/giveWay``.
struct BodyShouldGiveWay: Sendable {
    let claim: BodyClaim
}
