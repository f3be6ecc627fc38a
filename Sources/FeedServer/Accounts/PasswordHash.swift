import Crypto

/// A password's scrypt hash as it is stored: `$scrypt$ln=15,r=8,p=3$<salt>$<key>`, in the PHC string
/// format, with salt and key in standard base64 without padding.
struct PasswordHash: Sendable {
    static let saltBytes = 16
    static let keyBytes = 32

    private static let identifier = "scrypt"
    /// More characters than any hash within the bounds has.
    private static let maximumLength = 128

    let parameters: ScryptParameters
    let salt: [UInt8]
    private let key: SymmetricKey

    init(parameters: ScryptParameters, salt: [UInt8], key: SymmetricKey) {
        self.parameters = parameters
        self.salt = salt
        self.key = key
    }

    /// Strict: `nil` for another function, order or length, for parameters beyond the bounds, and for
    /// whatever ``phcString`` would write differently.
    init?(phcString text: String) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 5, fields[0].isEmpty, fields[1] == Self.identifier,
            let parameters = Self.parameters(fields[2]), parameters.isWithinBounds,
            let salt = UnpaddedBase64.decode(fields[3], alphabet: .standard), salt.count == Self.saltBytes,
            let key = UnpaddedBase64.decode(fields[4], alphabet: .standard), key.count == Self.keyBytes
        else { return nil }
        self.init(parameters: parameters, salt: salt, key: SymmetricKey(data: key))
        // Leading zeros and signs of numbers.
        guard phcString == text else { return nil }
    }

    var phcString: String {
        let salt = UnpaddedBase64.encode(salt, alphabet: .standard)
        let key = UnpaddedBase64.encode(key.withUnsafeBytes { Array($0) }, alphabet: .standard)
        let numbers = "ln=\(parameters.log2N),r=\(parameters.blockSize),p=\(parameters.parallelism)"
        return "$\(Self.identifier)$\(numbers)$\(salt)$\(key)"
    }

    /// Compares in constant time, as `SymmetricKey` does: the time tells nothing of the first bytes.
    func matches(_ candidate: SymmetricKey) -> Bool {
        key == candidate
    }

    private static func parameters(_ text: Substring) -> ScryptParameters? {
        let assignments = text.split(separator: ",", omittingEmptySubsequences: false)
        guard assignments.count == 3, let log2N = number(assignments[0], named: "ln"),
            let blockSize = number(assignments[1], named: "r"),
            let parallelism = number(assignments[2], named: "p")
        else { return nil }
        return ScryptParameters(log2N: log2N, blockSize: blockSize, parallelism: parallelism)
    }

    private static func number(_ assignment: Substring, named name: String) -> Int? {
        guard assignment.hasPrefix(name + "=") else { return nil }
        return Int(assignment.dropFirst(name.count + 1))
    }
}
