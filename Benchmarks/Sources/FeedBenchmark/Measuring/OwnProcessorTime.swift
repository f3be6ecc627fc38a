import Foundation

/// CPU time of this process.
enum OwnProcessorTime {
    /// User and system time of all threads, in microseconds.
    static var microseconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) * 1_000_000 + Double($1.tv_usec)
        }
    }
}
