import HTTPTypes

/// Keeps other sites' pages from sending this site's forms.
///
/// Browsers say where a request comes from, and no page can make them say otherwise: in
/// `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/), older ones in `Origin`. What names neither
/// is no browser's form, and has nobody's cookie. The same rules as those of Go's
/// `http.CrossOriginProtection`; no token has to travel in the forms.
enum CrossSiteGuard {
    /// - Throws: ``Problem/Code/forbidden``.
    static func check(_ head: HTTPRequest) throws(Problem) {
        guard comesFromHere(head) else {
            throw Problem(
                code: .forbidden, detail: "Another site has sent this form. Open the page here and try again."
            )
        }
    }

    private static func comesFromHere(_ head: HTTPRequest) -> Bool {
        if let site = head.headerFields[.secFetchSite] {
            return site.utf8.isText("same-origin") || site.utf8.isText("none")
        }
        guard let origin = head.headerFields[.origin] else { return true }
        // The scheme is not compared: a proxy may have taken off the TLS.
        let mark = "://"
        let rest = origin.utf8.drop { $0 != UInt8(ascii: ":") }
        guard rest.starts(with: mark.utf8), let authority = head.authority else { return false }
        return rest.dropFirst(mark.utf8.count).isText(inAnyCase: authority)
    }
}

extension HTTPField.Name {
    static let secFetchSite = Self.known("Sec-Fetch-Site")
}
