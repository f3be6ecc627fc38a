import Foundation

/// A certification authority of a test's own and a server's certificate by it, made by the `openssl` command in a
/// temporary folder. They are valid for two days and trusted by nobody.
public final class TestCertificates: Sendable {
    private let folder: TemporaryFolder

    /// The authority's certificate: what a client has to trust.
    public var authorityPath: String { folder.path("ca.pem") }
    public var certificatePath: String { folder.path("server.pem") }
    public var keyPath: String { folder.path("server.key") }

    private static let script = """
        set -e
        key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=test-authority -days 2
        openssl req $key -keyout server.key -out server.csr -subj /CN=server
        echo "subjectAltName=$1" > extensions
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem \
            -extfile extensions
        """

    /// - Parameter names: who the server is, as in `DNS:localhost,IP:127.0.0.1`.
    public init(names: String) async throws {
        folder = try TemporaryFolder()
        let report = try await ChildProcess.run(
            "/bin/bash", ["-c", Self.script, "bash", names], folder: folder.url)
        guard report.end == .exited(0) else {
            throw ChildProcess.Failure(description: "openssl made no certificates: \(report.errors)")
        }
    }
}
