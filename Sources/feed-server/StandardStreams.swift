import FeedServer
import Foundation

/// Standard input, output and error, as the program finds them: whatever has become of them, it goes on.
enum StandardStreams {
    /// How long the end of the program waits for whoever reads what it has said.
    private static let patience = Duration.seconds(1)

    /// To be called before anything is opened.
    ///
    /// - Throws: where there is no /dev/null.
    static func prepare() throws {
        // The next file that is opened would take the place of one that is closed: a database would be written to in
        // the place of a log. The lowest number that is free is taken, so it is this one.
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
            guard open("/dev/null", stream == STDIN_FILENO ? O_RDONLY : O_WRONLY) == stream else {
                throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
        }
        // Each is an error of the write as well, which is dealt with where that is: a reader that has gone away, a file
        // that may not grow, a terminal that belongs to somebody else.
        for number in [SIGPIPE, SIGXFSZ, SIGTTOU] { signal(number, SIG_IGN) }
    }

    /// Prints a line, soon. Where it can't be, it is dropped.
    static func say(_ line: String, metrics: PrometheusRegistry = PrometheusRegistry()) {
        LineBatches(name: "output", output: .standardOutput, metrics: metrics).add(line)
    }

    /// Returns when all has been written, or when waiting for it is no use. To be called before the program ends.
    static func flush(within limit: Duration = patience) {
        for output in [LogOutput.standardOutput, .standardError] { output.flush(within: limit) }
    }
}
