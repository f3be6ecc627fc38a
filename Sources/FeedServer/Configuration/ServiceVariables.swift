/// Environment variables by which a platform tells of its services, under their names: a service named `feed`, or
/// `feed-redis`, has variables that look like settings of this server and are none.
///
/// Kubernetes sets them in every container of the namespace, and Docker where a container is linked:
///
/// - `<SERVICE>_SERVICE_HOST`, `<SERVICE>_SERVICE_PORT`, `<SERVICE>_SERVICE_PORT_<NAME>`
/// - `<SERVICE>_PORT`, a URL such as `tcp://10.0.0.1:80`
/// - `<SERVICE>_PORT_80_TCP`, the same, and with `_PROTO`, `_PORT` and `_ADDR` behind it; `UDP` and `SCTP` likewise.
///
/// See <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>. Only a service that is
/// told of by its third form, which has the same port in its name and in its value, is taken for one. Whatever else
/// begins like a setting is meant to be one.
enum ServiceVariables {
    /// The names that are a platform's.
    static func names(in environment: [String: String]) -> Set<String> {
        let services = Set(environment.compactMap(service))
        let names = environment.filter { name, value in
            services.contains { isVariable(name, value, of: $0) }
        }
        return Set(names.keys)
    }

    /// The service that a variable tells the address of.
    private static func service(name: String, address: String) -> String? {
        guard let match = name.wholeMatch(of: /(FEED|FEED_[A-Z0-9_]+)_PORT_([0-9]+)_(TCP|UDP|SCTP)/),
            address.hasPrefix("\(match.3.lowercased())://"), address.hasSuffix(":\(match.2)")
        else { return nil }
        return String(match.1)
    }

    private static func isVariable(_ name: String, _ value: String, of service: String) -> Bool {
        guard name.hasPrefix(service) else { return false }
        let rest = name.dropFirst(service.count)
        // Where it is no URL, it is the operator's, who has set it in the platform's place.
        if rest == "_PORT" { return value.prefixMatch(of: /(tcp|udp|sctp):\/\//) != nil }
        return rest.wholeMatch(
            of: /_SERVICE_HOST|_SERVICE_PORT(_[A-Z0-9_]+)?|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?/)
            != nil
    }
}
