import NIOCore
import NIOSSL

/// TLS 1.2 or later with full verification: the certificate leads back to a trusted root, and names the host that
/// was asked for, or the numeric address that the connection goes to.
struct RedisTLS: Sendable {
    /// The longest wait for a farewell.
    private static let maxShutdownTimeout = TimeAmount.seconds(1)

    private let context: NIOSSLContext

    /// - Parameter shutdownTimeout: how long a connection that is closed waits for the other side's farewell, at
    ///   most a second. A frozen Redis would have it wait for ever.
    /// - Throws: ``InvalidCountCacheConfiguration`` when there are no trust roots to be had: now rather than at the
    ///   first connection, where it would look like a wrong certificate.
    init(trustRoots: RedisTrustRoots, shutdownTimeout: TimeAmount) throws(InvalidCountCacheConfiguration) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.shutdownTimeout = min(shutdownTimeout, Self.maxShutdownTimeout)
        do {
            switch trustRoots {
            case .system:
                configuration.trustRoots = .default
            case .file(let path):
                let certificates = try NIOSSLCertificate.fromPEMFile(path)
                guard !certificates.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
                configuration.trustRoots = .certificates(certificates)
            }
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw InvalidCountCacheConfiguration(
                setting: "trustRoots",
                bounds: "a PEM file that can be read and holds a certificate"
            )
        }
    }

    /// The handler for one connection. `SNI` carries the host if it is a name.
    func handler(for endpoint: RedisEndpoint) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: endpoint.serverName)
    }
}
