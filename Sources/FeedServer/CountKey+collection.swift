import CountCache
import FeedStore

extension CountKey {
    /// The key of a collection's total.
    init(_ collection: FeedCollection) {
        let name =
            switch collection {
            case .posts: "posts:published"
            case .userPosts(let userID, let status): "users:\(userID):posts:\(status.rawValue)"
            case .users: "users"
            }
        do {
            try self.init(collection: name)
        } catch {
            preconditionFailure("the names above are valid: \(error)")
        }
    }
}
