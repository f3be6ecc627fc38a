import FeedStore

/// The signed-in user, as `layout.mustache` names the parts.
struct ViewerView: Sendable {
    var viewerName: String
    var viewerImage: String
}

extension ViewerView {
    init(_ viewer: Author) {
        self.init(viewerName: viewer.username, viewerImage: imagePath(for: viewer.imageFile))
    }
}
