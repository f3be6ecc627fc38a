public import Logging

extension Logger {
    /// A logger whose messages are lines of a log: nobody who logs waits for whoever reads that.
    public init(label: String, lines: LineBatches) {
        self.init(label: label) { StreamLogHandler(label: $0, stream: LineStream(lines: lines)) }
    }
}

/// Takes each text for a line.
private struct LineStream: TextOutputStream, Sendable {
    let lines: LineBatches

    func write(_ text: String) { lines.add(text) }
}
