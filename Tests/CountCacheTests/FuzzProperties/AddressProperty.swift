import TestSupport

@testable import CountCache

enum AddressProperty {
    static func check(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let address: RedisAddress
        do {
            address = try RedisAddress(text)
        } catch {
            try demand("\(error)".hasSuffix(error.reason.rawValue), "an error that says more than its reason")
            return
        }
        switch address.endpoint {
        case .tcp(let host, let port, tls: _):
            try demand((1...65_535).contains(port), "port \(port)")
            try demand((1...RedisEndpoint.maxHostLength).contains(host.utf8.count), "the host is \(host)")
        case .unix(let path):
            try demand((2...RedisEndpoint.maxPathLength).contains(path.utf8.count), "the path is \(path)")
            try demand(path.hasPrefix("/") && !path.utf8.contains(0), "the path is \(path)")
        }
        try demand((0...RedisAddress.maxDatabase).contains(address.database), "database \(address.database)")
        try demand(address.password != "", "an empty password")

        // A short password is in every text by chance. That it's kept is that without it nothing looks different.
        let bare = RedisAddress(
            endpoint: address.endpoint, user: nil, password: nil, database: address.database,
            isCluster: address.isCluster)
        try demand(shown(address) == shown(bare), "credentials show")
        // A path is shown decoded.
        guard case .tcp = address.endpoint else { return }
        try demand(try RedisAddress(bare.description) == bare, "\(bare) is not read as it is written")

        guard let password = address.password else {
            return try demand(address.user == nil, "a user without a password")
        }
        let credentials = "\(percentEncoded(address.user ?? "")):\(percentEncoded(password))@"
        let encoded = bare.description.replacing("://", with: "://" + credentials, maxReplacements: 1)
        guard encoded.utf8.count <= RedisAddress.maxLength else { return }
        try demand(try RedisAddress(encoded) == address, "other credentials than were written")
    }

    /// All that a log could come to see.
    private static func shown(_ address: RedisAddress) -> [String] {
        var dumped = ""
        dump(address, to: &dumped)
        return [address.description, String(reflecting: address), dumped]
    }

    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
