/// Something went wrong that makes the figures worthless: a server died, answered an error or something else than was
/// asked for. It fails the run.
public struct BenchmarkFailure: Error, Equatable, CustomStringConvertible, Sendable {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
