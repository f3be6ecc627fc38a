/// What a browser may do with a page.
enum PagePolicy {
    /// The `Content-Security-Policy` of every page: nothing inline, nothing from elsewhere.
    ///
    /// Should text of a user ever become markup, it still could not run.
    static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
        base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """

    /// The `Permissions-Policy` of every page (https://www.w3.org/TR/permissions-policy-1): none of them needs what
    /// these give, and a script that does not belong there gets nothing either.
    static let permissions = """
        camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()
        """

    /// The `Cross-Origin-Opener-Policy`: a page of another origin that opens one of ours holds no handle to it.
    static let opener = AnswerPolicy.sameOrigin
}
