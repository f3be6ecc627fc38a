import Foundation

extension String {
    /// The bytes of a password that are hashed: those of RFC 8265's OpaqueString (§4.2.2), so that the
    /// same password is the same wherever it is typed.
    ///
    /// Spaces of other scripts become U+0020, then Unicode's form NFC is taken. Case, width and white
    /// space around it stay: they are the user's. What characters a password may have is not decided
    /// here.
    var preparedAsPassword: [UInt8] {
        if utf8.allSatisfy({ $0 < 0x80 }) { return Array(utf8) }
        var spaced = UnicodeScalarView()
        for scalar in unicodeScalars {
            spaced.append(scalar.properties.generalCategory == .spaceSeparator ? " " : scalar)
        }
        return Array(String(spaced).precomposedStringWithCanonicalMapping.utf8)
    }
}
