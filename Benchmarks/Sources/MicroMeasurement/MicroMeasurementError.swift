/// Why there are no figures.
public enum MicroMeasurementError: Error, Equatable, CustomStringConvertible {
    /// What a program wrote is not what it should have been.
    case unreadable(String)
    /// Thresholds and operations don't match.
    case thresholds(String)
    /// There is nothing to take thresholds from, and why.
    case uncounted(String)

    public var description: String {
        switch self {
        case .unreadable(let what): what
        case .uncounted(let reason): "no thresholds can be made: \(reason)"
        case .thresholds(let what): "\(what); write them anew with micro-counter --write-thresholds"
        }
    }
}
