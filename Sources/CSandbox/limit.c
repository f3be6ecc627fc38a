#define _GNU_SOURCE
#include "sandbox.h"

#include "sanitizer.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/// What a crash would otherwise write, and what a program that has no files needs.
static const rlim_t nothing = 0;

/// Arenas that malloc makes so that threads need not wait for each other: each reserves 64 MiB of addresses,
/// and there is only one thread that computes at a time.
static const int arenas = 2;

static int lower(__rlimit_resource_t resource, rlim_t bound) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return -1;
    // RLIM_INFINITY is the largest number there is.
    if (limit.rlim_max < bound) bound = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = bound;
    return setrlimit(resource, &limit);
}

int sandbox_limit(uint64_t address_space, uint64_t cpu_seconds) {
    mallopt(M_ARENA_MAX, arenas);
    // A crash ends it at once: a handler of the Swift runtime's would wait for a program that describes it.
    // The few that are not to be changed are left as they are.
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -1;
    if (lower(RLIMIT_CORE, nothing) != 0 || lower(RLIMIT_FSIZE, nothing) != 0) return -1;
    if (lower(RLIMIT_CPU, cpu_seconds) != 0) return -1;
    if (IS_SANITIZED) return 0;
    if (lower(RLIMIT_AS, address_space) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0);
}

bool sandbox_is_complete(void) {
    return !IS_SANITIZED;
}
