/// A property that does not hold.
public struct PropertyViolation: Error, CustomStringConvertible {
    public let description: String
}

public func demand(_ isTrue: Bool, _ otherwise: @autoclosure () -> String) throws(PropertyViolation) {
    if !isTrue { throw PropertyViolation(description: otherwise()) }
}
