import HTTPTypes
import NIOCore
import Testing

@testable import FeedServer

@Suite("Client address")
struct ClientAddressTests {
    private let peer: SocketAddress

    init() throws {
        peer = try SocketAddress(ipAddress: "192.0.2.99", port: 4711)
    }

    private func fields(_ values: [String]) throws -> HTTPFields {
        let name = try #require(HTTPField.Name("X-Forwarded-For"))
        var fields = HTTPFields()
        for value in values { fields.append(HTTPField(name: name, value: value)) }
        return fields
    }

    private func client(_ values: String..., proxies: Int) throws -> ClientAddress {
        ClientAddress(peer: peer, fields: try fields(values), trustedProxies: proxies)
    }

    // MARK: Text

    @Test(
        "Reads addresses with and without brackets and ports",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:0", "192.0.2.1"), ("192.0.2.1:65535", "192.0.2.1"),
            ("2001:db8::1", "2001:DB8:0:0::0001"), ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:c000:201]:80", "192.0.2.1"), ("::", "0:0:0:0:0:0:0:0"),
        ])
    func text(text: String, same: String) throws {
        let address = try #require(ClientAddress(text))
        #expect(address == ClientAddress(same))
    }

    @Test("Different addresses differ")
    func difference() throws {
        let texts = [
            "192.0.2.1", "192.0.2.2", "1.2.0.192", "2001:db8::1", "2001:db8::2", "1::2001:db8", "::192.0.2.1",
        ]
        #expect(Set(texts.compactMap { ClientAddress($0) }).count == texts.count)
    }

    @Test(
        "Refuses what is no address",
        arguments: [
            "", "unknown", "_hidden", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1.", "0x7f.1",
            "192.0.2.01", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:+1", "192.0.2.1:80:80", "192.0.2.1 ",
            "192.0.2.1/32", "[192.0.2.1]", "[]", "[", "[2001:db8::1", "2001:db8::1]", "[2001:db8::1]443",
            "[2001:db8::1]:", "[2001:db8::1]:x", "[[2001:db8::1]]", "fe80::1%eth0", "[fe80::1%1]", ":80",
            "1:2:3:4:5:6:7:8:9", "2001:db8::1::", "\"192.0.2.1\"", "١٩٢.0.2.1", "192.0.2.1\u{0}",
            "192.0.2.1:٨", String(repeating: "0", count: 4_000),
        ])
    func malformed(text: String) {
        #expect(ClientAddress(text) == nil)
    }

    // MARK: Peer

    @Test("Without trusted proxies the peer is the client, whatever it says")
    func peerAlone() throws {
        #expect(try client("198.51.100.7", proxies: 0) == ClientAddress("192.0.2.99"))
        #expect(try client(proxies: 0) == ClientAddress("192.0.2.99"))
    }

    @Test("A peer of IPv6, of mapped IPv4, and without an address")
    func peers() throws {
        let fields = HTTPFields()
        func address(_ peer: SocketAddress?) -> ClientAddress {
            ClientAddress(peer: peer, fields: fields, trustedProxies: 0)
        }
        #expect(
            try address(SocketAddress(ipAddress: "2001:db8::5", port: 1)) == ClientAddress("2001:db8::5"))
        #expect(
            try address(SocketAddress(ipAddress: "::ffff:192.0.2.1", port: 1)) == ClientAddress("192.0.2.1"))
        #expect(try address(SocketAddress(unixDomainSocketPath: "/run/feed")) == .unknown)
        #expect(address(nil) == .unknown)
    }

    @Test("Behind a Unix domain socket the proxy's word counts")
    func unixDomainSocket() throws {
        let client = ClientAddress(
            peer: try SocketAddress(unixDomainSocketPath: "/run/feed"), fields: try fields(["198.51.100.7"]),
            trustedProxies: 1)
        #expect(client == ClientAddress("198.51.100.7"))
    }

    // MARK: X-Forwarded-For

    @Test("With n trusted proxies it is the n-th from the right, over all fields")
    func proxies() throws {
        let values = ["203.0.113.1, 203.0.113.2", "203.0.113.3 ,\t[2001:db8::4]:80"]
        func client(_ proxies: Int) throws -> ClientAddress {
            ClientAddress(peer: peer, fields: try fields(values), trustedProxies: proxies)
        }
        #expect(try client(1) == ClientAddress("2001:db8::4"))
        #expect(try client(2) == ClientAddress("203.0.113.3"))
        #expect(try client(3) == ClientAddress("203.0.113.2"))
        #expect(try client(4) == ClientAddress("203.0.113.1"))
        #expect(try client(5) == ClientAddress("192.0.2.99"))
    }

    @Test("What the client itself has put in front changes nothing")
    func spoofing() throws {
        for front in [
            "203.0.113.66", "rubbish", ",,,", "unknown, 10.0.0.1", String(repeating: "x,", count: 900),
        ] {
            #expect(try client(front, "198.51.100.7", proxies: 1) == ClientAddress("198.51.100.7"))
            #expect(try client(front + ", 198.51.100.7", proxies: 1) == ClientAddress("198.51.100.7"))
        }
    }

    @Test("Empty elements don't count")
    func emptyElements() throws {
        #expect(try client(", 198.51.100.7 , ,", "", " ", proxies: 1) == ClientAddress("198.51.100.7"))
    }

    @Test("Where the client should be and is not readable, it is the peer: nothing further left counts")
    func unreadable() throws {
        #expect(try client("203.0.113.66, unknown", proxies: 1) == ClientAddress("192.0.2.99"))
        #expect(try client("", proxies: 1) == ClientAddress("192.0.2.99"))
        #expect(try client(proxies: 1) == ClientAddress("192.0.2.99"))
    }

    @Test("As text an address has one spelling, and stands for itself")
    func text() throws {
        let spellings = [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("192.0.2.1:80", "192.0.2.1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("[2001:db8::1]:80", "2001:db8::1"), ("::1", "::1"),
            (
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
            ),
        ]
        for (given, shown) in spellings {
            let address = try #require(ClientAddress(given))
            #expect(address.text == shown)
            #expect(ClientAddress(shown) == address)
        }
        #expect(ClientAddress.unknown.text == nil)
    }

    // MARK: Network

    @Test("IPv4 stands for itself, also when mapped; IPv6 for its /64")
    func network() throws {
        func network(_ text: String) throws -> ClientAddress { try #require(ClientAddress(text)).network }
        #expect(try network("192.0.2.1") != network("192.0.2.2"))
        #expect(try network("::ffff:192.0.2.1") == network("192.0.2.1"))
        #expect(try network("2001:db8:0:1::1") == network("2001:db8:0:1:ffff:ffff:ffff:ffff"))
        #expect(try network("2001:db8:0:1::1") != network("2001:db8:0:2::1"))
    }
}
