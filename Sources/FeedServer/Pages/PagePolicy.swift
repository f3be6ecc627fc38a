/// What a browser may do with a page.
enum PagePolicy {
    /// The `Content-Security-Policy` of every page: nothing inline, nothing from elsewhere.
    ///
    /// Should text of a user ever become markup, it still could not run.
    static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
        base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """
}
