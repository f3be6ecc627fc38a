#include "CMicroCounter.h"

// A symbol of the executable comes before one of the same name in a shared library: these definitions are what
// the C library itself, Swift's runtime and SQLite call. They hand on to glibc's own names for the same, so that
// its free() takes the blocks back.

#if defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__)

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t allocations;

static void count(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    count();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    count();
    void *made = __libc_memalign(alignment, size);
    if (made == NULL) return ENOMEM;
    *block = made;
    return 0;
}

bool micro_counter_counts_allocations(void) { return true; }

uint64_t micro_counter_allocations(void) { return atomic_load_explicit(&allocations, memory_order_relaxed); }

// The clocks that Linux has; see clock_gettime(2).
enum { clock_count = 12 };

static _Thread_local struct timespec stopped_at[clock_count];
static _Thread_local bool are_clocks_stopped;

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (are_clocks_stopped && clock >= 0 && clock < clock_count) {
        *time = stopped_at[clock];
        return 0;
    }
    return (int)syscall(SYS_clock_gettime, clock, time);
}

void micro_counter_stop_clocks(bool stop) {
    if (stop) {
        // A clock that this machine lacks stands at zero.
        for (clockid_t clock = 0; clock < clock_count; clock++) {
            (void)syscall(SYS_clock_gettime, clock, &stopped_at[clock]);
        }
    }
    are_clocks_stopped = stop;
}

#else

bool micro_counter_counts_allocations(void) { return false; }

uint64_t micro_counter_allocations(void) { return 0; }

void micro_counter_stop_clocks(bool stop) { (void)stop; }

#endif

__attribute__((noinline)) void micro_counter_mark(void) {
    // Keeps a call of a function that does nothing from being removed.
    __asm__ volatile("" ::: "memory");
}
