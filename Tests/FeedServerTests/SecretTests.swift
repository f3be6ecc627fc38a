import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// Which secrets are taken, and from which files.
@Suite struct SecretTests {
    /// The error that a server ends with at its start, `nil` where it has none.
    private func failure(
        _ arguments: [ConfigurationKey: String] = [:], environment: [String: String] = [:],
        file: String = "/nonexistent/.env"
    ) async -> String? {
        do {
            _ = try await ServerConfiguration(
                arguments: arguments, environment: environment, environmentFile: file)
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: What is weak

    @Test(arguments: [
        ("passwordpassword", SecretWeakness.repetition), ("aaaaaaaaaaaaaaaa", .repetition),
        ("abcabcabcabcabcabc", .repetition), (String(repeating: "a", count: 64), .repetition),
        ("aabbaabbccddccdd!", .fewCharacters), ("1234567890123456", .sequence),
        ("0123456789abcdef", .sequence),
        ("ponmlkjihgfedcba", .sequence), ("qwertyuiopasdfgh", .sequence), ("ABCDEFGHijklmnop", .sequence),
        ("change-me-to-something-long-and-random", .placeholder), ("CHANGE_ME please, now", .placeholder),
        ("my-super-secret-key-1234", .placeholder), ("changeme1234567890abcdefghij", .placeholder),
        ("change-this-to-a-random-string-of-sixtyfour-characters", .placeholder),
        ("$(openssl rand -base64 32)", .placeholder),
        ("passw0rdpassw0rd!", .words), ("Password-Secret-12", .words), ("feed-server-secret", .words),
    ])
    func aWeakSecretIsRefusedWithTheCommandForABetterOne(secret: String, weakness: SecretWeakness) async {
        #expect(SecretWeakness(of: Array(secret.utf8)) == weakness)
        for key in [ConfigurationKey.secret, .previousSecret] {
            let failure = await failure([key: secret])
            for part in [key.argument, key.environmentVariable, weakness.rawValue, "openssl rand -base64 32"]
            {
                #expect(failure?.contains(part) == true, "\(failure ?? "")")
            }
            #expect(failure?.contains(secret) == false, "it is not said to the log")
            #expect(await self.failure(environment: [key.environmentVariable: secret]) == failure)
        }
    }

    @Test func aShortSecretIsRefusedWithTheCommandForABetterOne() async {
        let failure = await failure([.secret: "Zq8!kfP2w_x7Lm-"])
        #expect(failure?.contains("at least 16 characters") == true)
        #expect(failure?.contains("openssl rand -base64 32") == true)
    }

    @Test(arguments: [
        "correct horse battery staple", "the secret of a server under test", "Zq8!kfP2w_x7Lm-4",
        "tyAOuOYgUG1fPzR9wYxpEKDWTQbcdTEslx5NsbDbvu8=", "e3b0c44298fc1c149afbf4c8996fb924",
        "4786CD61-B905-41CE-8065-12E51B9B766F", "Пароль, которого нет",
        // Named after what it is.
        "secret-key-e3b0c44298fc1c149afbf4c8996fb924",
        "mysecret:tyAOuOYgUG1fPzR9wYxpEKDWTQbcdTEslx5NsbDbvu8=",
    ])
    func whatNobodyTriesIsTaken(secret: String) async {
        #expect(await failure([.secret: secret, .previousSecret: secret]) == nil)
    }

    @Test func randomSecretsAreNeverWeak() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let digits = bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
            for text in [Data(bytes).base64EncodedString(), digits] {
                #expect(SecretWeakness(of: Array(text.utf8)) == nil, "\(text)")
            }
        }
    }

    // MARK: Who can read it

    private static let secret = "tyAOuOYgUG1fPzR9wYxpEKDWTQbcdTEslx5NsbDbvu8="

    /// Makes a file with just this mode, whatever the umask is.
    private func write(_ text: String, to path: String, mode: Int) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o644, 0o660, 0o777])
    func aSecretThatOthersCanReadIsRefusedWithTheCommandThatMendsIt(mode: Int) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        // given: one file of the environment, one beside a database
        let file = folder.path(".env")
        for name in ["FEED_SECRET", "FEED_PREVIOUS_SECRET", "export FEED_SECRET"] {
            try write("# settings\nFEED_PORT=0\n\(name)=\(Self.secret)\n", to: file, mode: mode)
            #expect(await failure(file: file)?.contains("chmod 600 \(file)") == true, "\(name)")
        }
        let database = folder.path("feed.sqlite")
        try write(Self.secret, to: "\(database).secret", mode: mode)
        let error = #expect(throws: ConfigurationError.self) { try ServerSecret.load(besides: database) }
        #expect(error?.description.contains("chmod 600 \(database).secret") == true)
        #expect(error?.description.contains(Self.secret) == false)
    }

    @Test(arguments: [0o600, 0o400, 0o700])
    func aSecretForItsOwnerAloneIsTaken(mode: Int) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let file = folder.path(".env")
        try write("FEED_SECRET=\(Self.secret)\n", to: file, mode: mode)
        #expect(await failure(file: file) == nil)
        let database = folder.path("feed.sqlite")
        try write(Self.secret, to: "\(database).secret", mode: mode)
        #expect(try ServerSecret.load(besides: database) == Array(Self.secret.utf8))
    }

    /// How a server gets a secret that it can't change.
    @Test(arguments: [(0, 0, 0o077), (0, 1_000, 0o037), (1_000, 1_000, 0o077), (1_000, 0, 0o077)])
    func aSecretOfRootsMayBeReadByItsGroup(owner: uid_t, user: uid_t, forbidden: mode_t) {
        #expect(SecretFile.forbidden(owner: owner, user: user) == forbidden)
    }

    @Test(.enabled(if: geteuid() == 0, "files of root's can be made by root only"))
    func theCommandLeavesASecretOfRootsToItsGroup() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("secret")
        try write(Self.secret, to: path, mode: 0o640)
        #expect(throws: Never.self) { try SecretFile.check(path, user: 1_000) }
        for mode in [0o644, 0o660] {
            try write(Self.secret, to: path, mode: mode)
            let error = #expect(throws: ConfigurationError.self) { try SecretFile.check(path, user: 1_000) }
            #expect(error?.description.contains("chmod 640 \(path)") == true)
        }
    }

    @Test func aFileWithoutASecretMayBeReadByAll() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let file = folder.path(".env")
        // An example's line that nobody has filled in is none either.
        for empty in [
            "# FEED_SECRET=\(Self.secret)", "FEED_SECRET=", "FEED_SECRET= ", "export FEED_SECRET=\"\"",
        ] {
            try write("\(empty)\nFEED_PORT=0\n", to: file, mode: 0o644)
            #expect(await failure(file: file) == nil, "\(empty)")
        }
    }

    @Test func theCommandIsOneWhateverThePathIs() throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("it's $HOME")
        try write(Self.secret, to: path, mode: 0o644)
        let error = #expect(throws: ConfigurationError.self) { try SecretFile.check(path) }
        #expect(error?.description.contains("chmod 600 '\(folder.path("it"))'\\''s $HOME'") == true)
    }
}
