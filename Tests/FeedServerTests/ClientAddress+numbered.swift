@testable import FeedServer

extension ClientAddress {
    /// One of 65 536 addresses, each a network of its own.
    static func numbered(_ number: Int) -> ClientAddress {
        ClientAddress("10.0.\(number >> 8 & 255).\(number & 255)") ?? .unknown
    }
}
