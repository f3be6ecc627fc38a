import HTTPTypes

/// What browsers may do with any answer. Pages allow more of it: ``PagePolicy``.
///
/// Each field is made once: it goes with every answer, those of the event loop among them.
enum AnswerPolicy {
    /// The body is what `Content-Type` says, and no script that it may look like.
    static let contentTypeOptions = HTTPField(name: .xContentTypeOptions, value: "nosniff")

    /// Whatever is opened as a document loads nothing, runs nothing and stands in no frame: JSON, problems,
    /// pictures.
    static let contentSecurity = HTTPField(
        name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'")

    /// No other origin's page takes an answer into its process
    /// (https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header). Clients that are no browsers do not look
    /// at it, and no script of another origin can read an answer without it either.
    static let resources = HTTPField(name: .crossOriginResourcePolicy, value: sameOrigin)

    /// Of what any page may show: users' pictures. They are the same for everybody, and `image_path` is there to be
    /// shown; a page that isolates itself (`Cross-Origin-Embedder-Policy`) could not without.
    static let publicResources = "cross-origin"

    static let sameOrigin = "same-origin"
}

extension HTTPField.Name {
    static let crossOriginOpenerPolicy = Self.known("Cross-Origin-Opener-Policy")
    static let permissionsPolicy = Self.known("Permissions-Policy")
}
