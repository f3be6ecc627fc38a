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
        openAPI = Asset(PackageResources.openapi_json, type: "application/json")
        assets = [
            "default.svg": Asset(PackageResources.default_svg, type: "image/svg+xml", isPublic: true),
            "docs.css": Asset(PackageResources.docs_css, type: "text/css; charset=utf-8"),
            "docs.js": Asset(PackageResources.docs_js, type: "text/javascript; charset=utf-8"),
            "docs-body.js": Asset(PackageResources.docs_body_js, type: "text/javascript; charset=utf-8"),
            "docs-element.js": Asset(
                PackageResources.docs_element_js, type: "text/javascript; charset=utf-8"),
            "docs-token.js": Asset(PackageResources.docs_token_js, type: "text/javascript; charset=utf-8"),
            "docs-trial.js": Asset(PackageResources.docs_trial_js, type: "text/javascript; charset=utf-8"),
            "favicon.svg": Asset(PackageResources.favicon_svg, type: "image/svg+xml"),
            "feed-api.js": Asset(PackageResources.feed_api_js, type: "text/javascript; charset=utf-8"),
            "feed-keys.js": Asset(PackageResources.feed_keys_js, type: "text/javascript; charset=utf-8"),
            "feed-place.js": Asset(PackageResources.feed_place_js, type: "text/javascript; charset=utf-8"),
            "feed.css": Asset(PackageResources.feed_css, type: "text/css; charset=utf-8"),
            "feed.js": Asset(PackageResources.feed_js, type: "text/javascript; charset=utf-8"),
            "forms.css": Asset(PackageResources.forms_css, type: "text/css; charset=utf-8"),
            "post-card.js": Asset(PackageResources.post_card_js, type: "text/javascript; charset=utf-8"),
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
