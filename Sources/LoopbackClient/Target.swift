import Foundation

/// Where a request goes.
struct Target: Sendable {
    struct Address: Hashable, Sendable {
        /// A name or an IP address, without brackets.
        var host: String
        var port: Int
    }

    let address: Address
    /// The field `Host` (RFC 9110, 7.2).
    let authority: String
    /// The request's target in origin form (RFC 9112, 3.2.1).
    let path: String

    /// - Returns: `nil` for what is no `http` URL with a host.
    init?(url text: String) {
        guard let url = URL(string: text), url.scheme?.lowercased() == "http",
            let components = URLComponents(url: url, resolvingAgainstBaseURL: false),
            let host = components.host?.trimmingCharacters(in: ["[", "]"]), !host.isEmpty
        else { return nil }
        address = Address(host: host, port: components.port ?? 80)
        authority =
            (host.contains(":") ? "[\(host)]" : host) + (components.port.map { ":\($0)" } ?? "")
        let path = components.percentEncodedPath.isEmpty ? "/" : components.percentEncodedPath
        self.path = path + (components.percentEncodedQuery.map { "?\($0)" } ?? "")
    }
}
