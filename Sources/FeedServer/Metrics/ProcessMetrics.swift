#if canImport(Glibc)
    import Glibc
#endif

/// What Linux says about this process, under the names that every Prometheus client library gives it:
/// <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>.
enum ProcessMetrics {
    /// Registers the process metrics. On systems other than Linux there are none.
    static func register(in registry: PrometheusRegistry) {
        #if os(Linux)
            registry.registerGauge(
                "process_resident_memory_bytes", "Resident memory size in bytes.", read: residentMemory)
            registry.registerCounter(
                "process_cpu_seconds_total", "User and system CPU time spent in seconds.", read: cpuSeconds)
            registry.registerGauge(
                "process_open_fds", "Number of open file descriptors.", read: openFileDescriptors)
            registry.registerGauge(
                "process_max_fds", "Maximum number of open file descriptors.", read: maximumFileDescriptors)
            let start = startTime()
            registry.registerGauge(
                "process_start_time_seconds", "Start time of the process since the Unix epoch in seconds."
            ) { start }
        #endif
    }

    #if os(Linux)
        /// The bytes that are read of a file in `/proc` at a time.
        private static let chunkSize = 4096
        private static let microsecondsPerSecond = 1e6

        /// The second field of `/proc/self/statm`, in pages (proc(5)).
        static func residentMemory() -> Double? {
            guard let text = contents("/proc/self/statm") else { return nil }
            let fields = text.split(separator: " ")
            guard fields.count > 1, let pages = Double(fields[1]) else { return nil }
            return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
        }

        /// User and system time of all threads, in seconds.
        static func cpuSeconds() -> Double? {
            var usage = rusage()
            guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
            return [usage.ru_utime, usage.ru_stime]
                .reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / microsecondsPerSecond }
        }

        /// Field 22 of `/proc/self/stat`, in clock ticks since the boot, and `btime` of `/proc/stat` (proc(5)).
        static func startTime() -> Double? {
            // The second field is the program's name in parentheses and may hold spaces: count from behind it.
            guard let stat = contents("/proc/self/stat"), let name = stat.lastIndex(of: ")") else {
                return nil
            }
            let fields = stat[stat.index(after: name)...].split(separator: " ")
            let index = 22 - 3
            guard fields.count > index, let ticks = Double(fields[index]) else { return nil }
            guard
                let boot = contents("/proc/stat")?.split(separator: "\n").first(where: {
                    $0.hasPrefix("btime ")
                }),
                let bootTime = Double(boot.dropFirst("btime ".count))
            else { return nil }
            return bootTime + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        }

        /// The entries of `/proc/self/fd`, without the one that lists them.
        static func openFileDescriptors() -> Double? {
            guard let directory = opendir("/proc/self/fd") else { return nil }
            defer { closedir(directory) }
            var count = 0
            while let entry = readdir(directory) {
                let isHidden = withUnsafeBytes(of: &entry.pointee.d_name) { $0.first == UInt8(ascii: ".") }
                if !isHidden { count += 1 }
            }
            return Double(count - 1)
        }

        /// The soft limit, which is the one that counts (getrlimit(2)).
        static func maximumFileDescriptors() -> Double? {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
            return Double(limit.rlim_cur)
        }

        /// A file of `/proc`, which has no size that could be asked for.
        private static func contents(_ path: String) -> String? {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: chunkSize)
            while true {
                let count = read(descriptor, &chunk, chunk.count)
                guard count >= 0 else { return nil }
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += chunk[..<count]
            }
        }
    #endif
}
