#define _GNU_SOURCE
#include "sandbox.h"

#include "sanitizer.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/// Descriptors: the three streams, and no room for a fourth.
static const rlim_t descriptors = 3;

#ifdef ARCHITECTURE

// A list of what is allowed, so that a call that nobody has thought of is none. The answer to the others is
// that the kernel does not have them: the C library, which runs on old kernels, has another way or an error
// for that, where it would take any other answer for a bug. So clone3(2), whose flags a filter can't see,
// becomes clone(2).

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/// The low half of an argument; both architectures are little-endian.
#define LOAD_ARGUMENT(number) LOAD(args[number])
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define ALLOW ANSWER(SECCOMP_RET_ALLOW)
#define REFUSE ANSWER(SECCOMP_RET_ERRNO | ENOSYS)
/// Whatever its arguments are.
#define ALLOW_CALL(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), ALLOW
/// Only with one of the bits set in an argument.
#define ALLOW_CALL_WITH(name, argument, bits) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 4), LOAD_ARGUMENT(argument), \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1), ALLOW, REFUSE
/// Only with none of the bits set in an argument.
#define ALLOW_CALL_WITHOUT(name, argument, bits) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 4), LOAD_ARGUMENT(argument), \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 1, 0), ALLOW, REFUSE
/// Only where an argument is a number.
#define ALLOW_CALL_FOR(name, argument, number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 4), LOAD_ARGUMENT(argument), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), ALLOW, REFUSE

static int install_filter(void) {
    const unsigned int own = (unsigned int)getpid();
    struct sock_filter filter[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        ANSWER(SECCOMP_RET_KILL_PROCESS),
        // A call of x32 has a bit of its own in its number, and so is none of these.
        LOAD(nr),
        // The streams, which are all that is open.
        ALLOW_CALL(read),
        ALLOW_CALL(write),
        ALLOW_CALL(close),
        // Memory, none of it executable.
        ALLOW_CALL(brk),
        ALLOW_CALL(munmap),
        ALLOW_CALL(mremap),
        ALLOW_CALL(madvise),
        ALLOW_CALL_WITHOUT(mmap, 2, PROT_EXEC),
        ALLOW_CALL_WITHOUT(mprotect, 2, PROT_EXEC),
        // Threads, but no processes.
        ALLOW_CALL_WITH(clone, 0, CLONE_THREAD),
        ALLOW_CALL(futex),
        ALLOW_CALL(set_robust_list),
        ALLOW_CALL(rseq),
        ALLOW_CALL(membarrier),
        ALLOW_CALL(sched_yield),
        ALLOW_CALL(sched_getaffinity),
        ALLOW_CALL(gettid),
        ALLOW_CALL(getpid),
        // Time.
        ALLOW_CALL(clock_gettime),
        ALLOW_CALL(clock_getres),
        ALLOW_CALL(clock_nanosleep),
        ALLOW_CALL(nanosleep),
        ALLOW_CALL(gettimeofday),
        ALLOW_CALL(restart_syscall),
        // Its own signals: the C library aborts with one.
        ALLOW_CALL(rt_sigaction),
        ALLOW_CALL(rt_sigprocmask),
        ALLOW_CALL(rt_sigreturn),
        ALLOW_CALL(sigaltstack),
        ALLOW_CALL_FOR(tgkill, 0, own),
        // Random numbers, of hash tables.
        ALLOW_CALL(getrandom),
        // The end.
        ALLOW_CALL(exit),
        ALLOW_CALL(exit_group),
        REFUSE,
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    // Also for threads that a library has started by now.
    long status = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (status == 0) return 1;
    // A thread that could not be included; it has a filter of its own.
    if (status > 0) errno = EBUSY;
    // The kernel is without it, or a container does not let anybody have it: it asks for no privilege.
    else if (errno == ENOSYS || errno == EINVAL || errno == EPERM || errno == EACCES) return 0;
    return -1;
}

#else

static int install_filter(void) {
    return 0;
}

#endif

int sandbox_seal(void) {
    // What a filter is given for without a privilege.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    if (IS_SANITIZED) return 0;
    const struct rlimit limit = {descriptors, descriptors};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    return install_filter();
}
