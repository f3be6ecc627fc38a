public import Foundation

/// Why a `report.json` is refused.
public enum ReportError: Error, Equatable, CustomStringConvertible {
    /// It was written by another version of the benchmarks.
    case unknownFormat(Int)

    public var description: String {
        switch self {
        case .unknownFormat(let format):
            "The report has the format \(format); this program reads format \(Report.currentFormat)."
        }
    }
}

extension Report {
    /// More digits than any of the figures has, and few enough to be read.
    private static let significantDigits = 6

    /// The content of `report.json`: keys in `snake_case` and sorted, so that two reports can be compared
    /// line by line, and fractions rounded to 6 significant digits.
    ///
    /// - Throws: `EncodingError` when a figure is infinite or not a number: such a figure is to be "not
    ///   measured".
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let exact = try JSONDecoder().decode(JSONValue.self, from: encoder.encode(self))

        let printer = JSONEncoder()
        printer.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try printer.encode(exact.rounded(significantDigits: Self.significantDigits))
    }

    /// Reads the content of a `report.json`.
    ///
    /// - Throws: ``ReportError`` when the report has another format; `DecodingError` when it is no report.
    public init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        // Before the rest, which another format may well not have.
        let format = try decoder.decode(Format.self, from: json).format
        guard format == Self.currentFormat else { throw ReportError.unknownFormat(format) }
        self = try decoder.decode(Report.self, from: json)
    }

    private struct Format: Decodable {
        var format: Int
    }
}

/// JSON whose meaning is of no interest: only its numbers are rounded.
private enum JSONValue: Codable {
    case null
    case bool(Bool)
    /// A case of its own, because a seed does not fit into the digits of a `Double`.
    case unsigned(UInt64)
    case signed(Int64)
    case fraction(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // What a value is can only be found out by trying, and the last attempt reports its error.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .unsigned(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .signed(value)
        } else if let value = try? container.decode(Double.self) {
            self = .fraction(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .unsigned(let value): try container.encode(value)
        case .signed(let value): try container.encode(value)
        case .fraction(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }

    func rounded(significantDigits: Int) -> JSONValue {
        switch self {
        case .fraction(let value): .fraction(value.rounded(significantDigits: significantDigits))
        case .array(let values): .array(values.map { $0.rounded(significantDigits: significantDigits) })
        case .object(let members):
            .object(members.mapValues { $0.rounded(significantDigits: significantDigits) })
        case .null, .bool, .unsigned, .signed, .text: self
        }
    }
}
