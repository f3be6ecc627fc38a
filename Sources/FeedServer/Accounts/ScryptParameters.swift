import Crypto
import CryptoExtras

/// How much work and memory a password's hash takes, RFC 7914.
struct ScryptParameters: Hashable, Sendable {
    /// Bounds on what is read from the database: a damaged or foreign row must not be able to take
    /// the machine's memory or time.
    static let log2NBounds = 10...20
    static let blockSizeBounds = 1...32
    static let parallelismBounds = 1...16
    /// In bytes.
    static let maximumMemory = 256 << 20

    /// N = 2^15, r = 8, p = 3: one of the equally strong settings of the OWASP Password Storage Cheat
    /// Sheet, and one that takes 32 MiB at a time.
    static let standard = ScryptParameters(log2N: 15, parallelism: 3)

    /// The base-2 logarithm of the cost N.
    let log2N: Int
    /// r: the unit of memory, in 128 bytes.
    let blockSize: Int
    /// p: how often the work is repeated, one after the other, in the same memory.
    let parallelism: Int

    init(log2N: Int, blockSize: Int = 8, parallelism: Int) {
        self.log2N = log2N
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    var isWithinBounds: Bool {
        Self.log2NBounds.contains(log2N) && Self.blockSizeBounds.contains(blockSize)
            && Self.parallelismBounds.contains(parallelism)
            && 128 * blockSize << log2N <= Self.maximumMemory
            // RFC 7914 §2: N < 2^(128 · r / 8).
            && log2N < 16 * blockSize
            // CryptoExtras ignores its `maxMemory` and allows itself 128 · N · r · p bytes and a page,
            // which is too little for these.
            && (parallelism > 1 || blockSize <= 16)
    }

    /// Computes a key from a password; slow by design.
    ///
    /// - Throws: `CryptoKitError` when there is no memory for it.
    func deriveKey(
        from password: [UInt8], salt: [UInt8], byteCount: Int = PasswordHash.keyBytes
    ) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: password, salt: salt, outputByteCount: byteCount, rounds: 1 << log2N,
            blockSize: blockSize, parallelism: parallelism)
    }
}
