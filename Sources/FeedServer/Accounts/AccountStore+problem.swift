import FeedStore

extension AccountStore {
    /// Why nothing was written for an account that was there, with its credentials, when the request began.
    func problem(ofAccount id: Int64) async throws -> Problem {
        try await account(id: id) == nil ? .accountIsGone : .credentialsHaveChanged
    }
}
