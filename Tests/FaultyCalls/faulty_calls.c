// Lets system calls on files fail in a program that knows nothing of it: the end-to-end tests build this into a library
// and have the loader put it before the C library (LD_PRELOAD, ld.so(8)). What SQLite does is tested more closely by
// Tests/CFaultyDisk.
//
// FAULTY_FOLDER names a folder, as an absolute path. As long as there is a file FAULTY_PLAN, calls are counted that
// concern that folder or what lies in it, and one of them fails, or all from one on. Its only line is
//
//     FAULT CALL once|lasting PART
//
// FAULT is `io` (EIO, by any call), `full` (ENOSPC, by those that take room), `short` (a write of half of its bytes) or
// `kill` (the process is killed at the call, in the middle of its bytes where it is a write). CALL is counted from 0.
// PART is a text that the path holds, or `-`; the folder itself always counts. The first call that failed is named in
// the file FAULTY_PLAN.failed.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OTHER = 0, TAKES_ROOM = 1, WRITES = 2 };
enum { FAILS_NOT, FAILS, IS_SHORT, DIES };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder, *plan_path;
/// By descriptors: whether it is a file that counts, and its path.
static char *names[4096];
static struct {
    char line[256];
    long calls;
    int has_failed;
} state;

__attribute__((constructor)) static void start(void) {
    folder = getenv("FAULTY_FOLDER");
    plan_path = getenv("FAULTY_PLAN");
}

static int counts(const char *path) {
    if (!folder || !plan_path || !path) return 0;
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) && (path[length] == 0 || path[length] == '/');
}

/// Reads the plan by calls that do not come through here.
static int read_plan(char line[256]) {
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, plan_path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    long count = syscall(SYS_read, descriptor, line, 255);
    syscall(SYS_close, descriptor);
    line[count > 0 ? count : 0] = 0;
    return count > 0;
}

static void tell(const char *call, const char *path) {
    char file[PATH_MAX], text[PATH_MAX];
    snprintf(file, sizeof file, "%s.failed", plan_path);
    int count = snprintf(text, sizeof text, "%s %s\n", call, path[strlen(folder)] ? path + strlen(folder) + 1 : ".");
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return;
    syscall(SYS_write, descriptor, text, count);
    syscall(SYS_close, descriptor);
}

/// Counts a call on a path that counts; sets `errno` where it fails.
static int fate(const char *call, const char *path, int kind) {
    if (!counts(path)) return FAILS_NOT;
    int fate = FAILS_NOT;
    char line[256], fault[16] = "", span[16] = "", part[64] = "";
    long number = 0;
    int error = errno;
    pthread_mutex_lock(&lock);
    if (!read_plan(line)) {
        state.line[0] = 0;
        goto end;
    }
    if (strcmp(line, state.line)) {
        memset(&state, 0, sizeof state);
        strcpy(state.line, line);
    }
    if (sscanf(line, "%15s %ld %15s %63s", fault, &number, span, part) != 4) abort();
    if (strcmp(part, "-") && path[strlen(folder)] && !strstr(path + strlen(folder), part)) goto end;
    int is_full = !strcmp(fault, "full"), is_short = !strcmp(fault, "short"), is_kill = !strcmp(fault, "kill");
    if ((is_full && kind == OTHER) || (is_short && !(kind & WRITES))) goto end;
    long current = state.calls++;
    if (current != number && !(current > number && !strcmp(span, "lasting"))) goto end;
    if (!state.has_failed) tell(call, path);
    state.has_failed = 1;
    // The rest of a short write finds the disk full.
    fate = is_kill ? DIES : is_short && current == number ? IS_SHORT : FAILS;
    error = is_full || is_short ? ENOSPC : EIO;
    if (fate == DIES && !(kind & WRITES)) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
end:
    pthread_mutex_unlock(&lock);
    errno = error;
    return fate;
}

static const char *name_of(int descriptor) {
    return descriptor >= 0 && descriptor < 4096 ? names[descriptor] : NULL;
}

static void name(int descriptor, const char *path) {
    if (descriptor < 0 || descriptor >= 4096) return;
    pthread_mutex_lock(&lock);
    free(names[descriptor]);
    names[descriptor] = counts(path) ? strdup(path) : NULL;
    pthread_mutex_unlock(&lock);
}

#define NEXT(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

// MARK: Names

static int opened(const char *path, int flags, mode_t mode) {
    int is_new = (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    if (fate("open", path, is_new ? TAKES_ROOM : OTHER) != FAILS_NOT) return -1;
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    name(descriptor, path);
    return descriptor;
}

#define OPEN(function)                                                                              \
    int function(const char *path, int flags, ...) {                                                \
        mode_t mode = 0;                                                                            \
        if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {                                \
            va_list arguments;                                                                      \
            va_start(arguments, flags);                                                             \
            mode = va_arg(arguments, mode_t);                                                       \
            va_end(arguments);                                                                      \
        }                                                                                           \
        return opened(path, flags, mode);                                                           \
    }
OPEN(open)
OPEN(open64)

int rename(const char *from, const char *to) {
    return fate("rename", to, TAKES_ROOM) == FAILS_NOT ? NEXT(rename)(from, to) : -1;
}

int unlink(const char *path) {
    return fate("unlink", path, OTHER) == FAILS_NOT ? NEXT(unlink)(path) : -1;
}

int mkdir(const char *path, mode_t mode) {
    return fate("mkdir", path, TAKES_ROOM) == FAILS_NOT ? NEXT(mkdir)(path, mode) : -1;
}

int access(const char *path, int mode) {
    return fate("access", path, OTHER) == FAILS_NOT ? NEXT(access)(path, mode) : -1;
}

int stat(const char *path, struct stat *status) {
    return fate("stat", path, OTHER) == FAILS_NOT ? NEXT(stat)(path, status) : -1;
}

int lstat(const char *path, struct stat *status) {
    return fate("lstat", path, OTHER) == FAILS_NOT ? NEXT(lstat)(path, status) : -1;
}

DIR *opendir(const char *path) {
    return fate("opendir", path, OTHER) == FAILS_NOT ? NEXT(opendir)(path) : NULL;
}

// MARK: Descriptors

int close(int descriptor) {
    // It is closed all the same: close(2).
    int is_failing = name_of(descriptor) && fate("close", name_of(descriptor), OTHER) != FAILS_NOT;
    int error = errno;
    name(descriptor, NULL);
    int code = NEXT(close)(descriptor);
    if (!is_failing) return code;
    errno = error;
    return -1;
}

ssize_t read(int descriptor, void *bytes, size_t count) {
    if (fate("read", name_of(descriptor), OTHER) != FAILS_NOT) return -1;
    return NEXT(read)(descriptor, bytes, count);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    int fate_of_it = fate("write", name_of(descriptor), TAKES_ROOM | WRITES);
    if (fate_of_it == FAILS) return -1;
    ssize_t written = NEXT(write)(descriptor, bytes, fate_of_it == FAILS_NOT ? count : count / 2);
    if (fate_of_it == DIES) kill(getpid(), SIGKILL);
    return written;
}

static ssize_t pwritten(int descriptor, const void *bytes, size_t count, off_t offset) {
    int fate_of_it = fate("pwrite", name_of(descriptor), TAKES_ROOM | WRITES);
    if (fate_of_it == FAILS) return -1;
    size_t part = fate_of_it == FAILS_NOT ? count : count / 2;
    ssize_t written = syscall(SYS_pwrite64, descriptor, bytes, part, offset);
    if (fate_of_it == DIES) kill(getpid(), SIGKILL);
    return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwritten(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwritten(descriptor, bytes, count, offset);
}

static ssize_t pread_part(int descriptor, void *bytes, size_t count, off_t offset) {
    if (fate("pread", name_of(descriptor), OTHER) != FAILS_NOT) return -1;
    return syscall(SYS_pread64, descriptor, bytes, count, offset);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    return pread_part(descriptor, bytes, count, offset);
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off_t offset) {
    return pread_part(descriptor, bytes, count, offset);
}

int fsync(int descriptor) {
    return fate("fsync", name_of(descriptor), TAKES_ROOM) == FAILS_NOT ? NEXT(fsync)(descriptor) : -1;
}

int fdatasync(int descriptor) {
    return fate("fdatasync", name_of(descriptor), TAKES_ROOM) == FAILS_NOT ? NEXT(fdatasync)(descriptor) : -1;
}

int ftruncate(int descriptor, off_t size) {
    return fate("ftruncate", name_of(descriptor), TAKES_ROOM) == FAILS_NOT ? NEXT(ftruncate)(descriptor, size) : -1;
}

int ftruncate64(int descriptor, off_t size) {
    return ftruncate(descriptor, size);
}

int fstat(int descriptor, struct stat *status) {
    return fate("fstat", name_of(descriptor), OTHER) == FAILS_NOT ? NEXT(fstat)(descriptor, status) : -1;
}

int flock(int descriptor, int operation) {
    return fate("flock", name_of(descriptor), OTHER) == FAILS_NOT ? NEXT(flock)(descriptor, operation) : -1;
}
