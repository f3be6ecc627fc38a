import CSandbox
import Foundation
import Testing

/// What is left to a process that has sealed itself: each test does it to one of its own.
@Suite(.enabled(if: sandbox_is_complete())) struct SandboxTests {
    @Test func opensNothing() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard sandbox_seal() == 1 else { _exit(1) }
            guard open("/etc/hostname", O_RDONLY) < 0, errno == ENOSYS else { _exit(2) }
            guard open("/tmp/feed-server-sandbox", O_WRONLY | O_CREAT, 0o600) < 0 else { _exit(3) }
            guard dup(STDOUT_FILENO) < 0, mkdir("/tmp/feed-server-sandbox", 0o700) < 0 else { _exit(4) }
            guard unlink("/tmp/feed-server-sandbox") < 0, errno == ENOSYS else { _exit(5) }
            _exit(0)
        }
    }

    @Test func connectsToNothing() async {
        await #expect(processExitsWith: .exitCode(0)) {
            var ends: [Int32] = [0, 0]
            let stream = Int32(SOCK_STREAM.rawValue)
            guard sandbox_seal() == 1 else { _exit(1) }
            guard socket(AF_INET, stream, 0) < 0, errno == ENOSYS else { _exit(2) }
            guard socket(AF_UNIX, stream, 0) < 0, errno == ENOSYS else { _exit(3) }
            guard socketpair(AF_UNIX, stream, 0, &ends) < 0, pipe(&ends) < 0 else { _exit(4) }
            _exit(0)
        }
    }

    @Test func startsAndSignalsNothing() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let (parent, program) = (getppid(), strdup("/bin/true"))
            guard sandbox_seal() == 1 else { _exit(1) }
            var child: pid_t = 0
            var words = [program, nil]
            guard posix_spawn(&child, "/bin/true", nil, nil, &words, nil) != 0 else { _exit(2) }
            guard execv("/bin/true", &words) < 0, errno == ENOSYS else { _exit(3) }
            guard kill(parent, 0) < 0, errno == ENOSYS, kill(0, 0) < 0 else { _exit(4) }
            _exit(0)
        }
    }

    @Test func executesNothingThatItHasWritten() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard sandbox_seal() == 1 else { _exit(1) }
            let (size, flags) = (4_096, MAP_PRIVATE | MAP_ANONYMOUS)
            let executable = mmap(nil, size, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0)
            guard executable == MAP_FAILED else { _exit(2) }
            let memory = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0)
            guard memory != MAP_FAILED, mprotect(memory, size, PROT_READ | PROT_EXEC) < 0 else { _exit(3) }
            _exit(0)
        }
    }

    /// Also with threads as libvips starts them, and with an end of its own choice. Dispatch, and with it Swift's
    /// concurrency, asks for more than it may when it starts threads of its own.
    @Test func goesOnComputing() async {
        await #expect(processExitsWith: .exitCode(7)) {
            guard sandbox_seal() == 1 else { _exit(1) }
            var threads = [pthread_t](repeating: pthread_t(), count: 4)
            for index in threads.indices {
                let result = pthread_create(
                    &threads[index], nil,
                    { _ in UnsafeMutableRawPointer(bitPattern: (0..<250_000).map { $0 &* 3 }.count) }, nil)
                guard result == 0 else { _exit(2) }
            }
            var count = 0
            for thread in threads {
                var result: UnsafeMutableRawPointer?
                guard pthread_join(thread, &result) == 0 else { _exit(3) }  // In a process of its own.
                count += Int(bitPattern: result)
            }
            guard count == 1_000_000 else { _exit(4) }
            _exit(7)
        }
    }
}
