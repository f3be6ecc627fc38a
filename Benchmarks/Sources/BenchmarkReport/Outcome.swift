/// A figure, or the reason why there is none: nothing that was not measured is left out or made up.
///
/// In JSON it is the value itself, or `{"not_measured": "the reason"}`.
public enum Outcome<Value: Sendable>: Sendable {
    case measured(Value)
    /// Why not: half a sentence, as in "not measured: wrk is not installed".
    case notMeasured(String)

    /// The value, if there is one.
    public var value: Value? {
        if case .measured(let value) = self { value } else { nil }
    }

    public func map<New: Sendable>(_ transform: (Value) -> New) -> Outcome<New> {
        switch self {
        case .measured(let value): .measured(transform(value))
        case .notMeasured(let reason): .notMeasured(reason)
        }
    }
}

extension Outcome: Equatable where Value: Equatable {}

extension Outcome: Codable where Value: Codable {
    /// Spelled by the coder's key strategy, as all keys of a report are.
    private enum Key: String, CodingKey {
        case notMeasured
    }

    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self),  // A plain value has no keys.
            let reason = try container.decodeIfPresent(String.self, forKey: .notMeasured)
        {
            self = .notMeasured(reason)
        } else {
            self = .measured(try Value(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .measured(let value):
            try value.encode(to: encoder)
        case .notMeasured(let reason):
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(reason, forKey: .notMeasured)
        }
    }
}
