import Foundation

/// How thoroughly a property is looked for: in seconds by `make test`, or as long as it takes by `make soak`, which
/// sets `TEST_DEPTH=long`.
public enum Depth {
    public static let isLong = ProcessInfo.processInfo.environment["TEST_DEPTH"] == "long"

    public static func choose<Value>(_ short: Value, long: Value) -> Value {
        isLong ? long : short
    }
}
