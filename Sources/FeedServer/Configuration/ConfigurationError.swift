/// A setting that can't be used; its text is for the operator, one line.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ key: ConfigurationKey, _ detail: String) {
        self.init("\(key.argument) (\(key.environmentVariable)) \(detail)")
    }
}
