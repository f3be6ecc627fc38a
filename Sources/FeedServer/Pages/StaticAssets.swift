import CFeedResources
import NIOCore

/// The files behind `/static/`, which are part of the binary.
struct StaticAssets: Sendable {
    /// A file as it is served.
    struct Asset: Sendable {
        var content: ByteBuffer
        /// The media type, with its character set for text.
        var contentType: String
        /// A strong entity tag with its quotes: another one exactly when the bytes are others.
        var entityTag: String
        /// Whether pages of other origins may show it: the picture of users who have none.
        var isPublic = false
    }

    /// The OpenAPI document, which has an address of its own: `/openapi.json`.
    let openAPI: Asset

    private let assets: [String: Asset]

    init() {
        openAPI = Asset(FeedResource.openapi_json.bytes, type: "application/json")
        assets = [
            "default.svg": Asset(FeedResource.default_svg.bytes, type: "image/svg+xml", isPublic: true),
            "docs.css": Asset(FeedResource.docs_css.bytes, type: "text/css; charset=utf-8"),
            "docs.js": Asset(FeedResource.docs_js.bytes, type: "text/javascript; charset=utf-8"),
            "docs-body.js": Asset(FeedResource.docs_body_js.bytes, type: "text/javascript; charset=utf-8"),
            "docs-element.js": Asset(
                FeedResource.docs_element_js.bytes, type: "text/javascript; charset=utf-8"),
            "docs-token.js": Asset(FeedResource.docs_token_js.bytes, type: "text/javascript; charset=utf-8"),
            "docs-trial.js": Asset(FeedResource.docs_trial_js.bytes, type: "text/javascript; charset=utf-8"),
            "favicon.svg": Asset(FeedResource.favicon_svg.bytes, type: "image/svg+xml"),
            "feed-api.js": Asset(FeedResource.feed_api_js.bytes, type: "text/javascript; charset=utf-8"),
            "feed-keys.js": Asset(FeedResource.feed_keys_js.bytes, type: "text/javascript; charset=utf-8"),
            "feed-place.js": Asset(FeedResource.feed_place_js.bytes, type: "text/javascript; charset=utf-8"),
            "feed.css": Asset(FeedResource.feed_css.bytes, type: "text/css; charset=utf-8"),
            "feed.js": Asset(FeedResource.feed_js.bytes, type: "text/javascript; charset=utf-8"),
            "forms.css": Asset(FeedResource.forms_css.bytes, type: "text/css; charset=utf-8"),
            "post-card.js": Asset(FeedResource.post_card_js.bytes, type: "text/javascript; charset=utf-8"),
        ]
    }

    /// The file of a name: `feed.css` for `/static/feed.css`. `nil` when there is none.
    subscript(name: String) -> Asset? {
        assets[name]
    }

    /// The names of all files.
    var names: [String] {
        assets.keys.sorted()
    }
}

extension StaticAssets.Asset {
    fileprivate init(_ bytes: [UInt8], type: String, isPublic: Bool = false) {
        let content = ByteBuffer(bytes: bytes)
        self.init(
            content: content, contentType: type, entityTag: EntityTag.strong(of: content), isPublic: isPublic)
    }
}
