#include "faulty_disk.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static sqlite3_vfs *under;
static int pages_between_checkpoints;

// MARK: What fails when

/// Guards everything that follows.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    int armed;
    faulty_disk_fault fault;
    long call;
    int lasting;
    long calls;
    char failed[64];
} plan;

/// What was written and not flushed: what lay there before, newest first.
struct unflushed {
    struct unflushed *next;
    char *path;
    sqlite3_int64 offset;
    /// The file's size before.
    sqlite3_int64 size;
    int count;
    unsigned char before[];
};
static struct unflushed *unflushed;

static const char *suffix(const char *path) {
    const char *dash = path ? strrchr(path, '-') : NULL;
    return dash && (!strcmp(dash, "-wal") || !strcmp(dash, "-shm") || !strcmp(dash, "-journal")) ? dash : "database";
}

static void remember(const char *path, sqlite3_file *file, sqlite3_int64 offset, sqlite3_int64 end) {
    sqlite3_int64 size = 0;
    if (!path || file->pMethods->xFileSize(file, &size) != SQLITE_OK) return;
    sqlite3_int64 last = end < size ? end : size;
    int count = last > offset ? (int)(last - offset) : 0;
    struct unflushed *entry = malloc(sizeof *entry + (size_t)count);
    if (!entry) abort();
    entry->path = strdup(path);
    entry->offset = offset;
    entry->size = size;
    entry->count = count;
    if (count > 0 && file->pMethods->xRead(file, entry->before, count, offset) != SQLITE_OK) entry->count = 0;
    entry->next = unflushed;
    unflushed = entry;
}

/// Forgets what was not flushed of a file, or of all with a null pointer.
///
/// @param is_lost whether it is put back to what it was: by the file where there is one, whose locks a descriptor that
///     is closed would end (fcntl(2)); otherwise by a process that is about to die.
static void settle(const char *path, sqlite3_file *file, int is_lost) {
    struct unflushed **place = &unflushed;
    while (*place) {
        struct unflushed *entry = *place;
        if (path && strcmp(path, entry->path)) {
            place = &entry->next;
            continue;
        }
        if (is_lost && file) {
            if (entry->count > 0) file->pMethods->xWrite(file, entry->before, entry->count, entry->offset);
            file->pMethods->xTruncate(file, entry->size);
        } else if (is_lost) {
            int descriptor = open(entry->path, O_WRONLY | O_CLOEXEC);
            if (descriptor >= 0) {
                if (pwrite(descriptor, entry->before, (size_t)entry->count, entry->offset) != entry->count
                    || ftruncate(descriptor, entry->size) != 0)
                    abort();
                close(descriptor);
            }
        }
        *place = entry->next;
        free(entry->path);
        free(entry);
    }
}

/// What a call is, for which faults it can happen to.
enum { OTHER = 0, TAKES_ROOM = 1, WRITES = 2, FLUSHES = 4 };

static int concerns(int kind) {
    switch (plan.fault) {
    case FAULTY_DISK_IO:
    case FAULTY_DISK_KILL:
    case FAULTY_DISK_POWER: return 1;
    case FAULTY_DISK_FULL: return kind != OTHER;
    case FAULTY_DISK_SHORT: return kind & WRITES;
    case FAULTY_DISK_LOST: return kind & FLUSHES;
    }
    return 0;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/// Counts a call.
///
/// @return whether it is to fail. Where it is to end the process, it returns only for a write, which does it itself.
static int fails(const char *method, const char *path, int kind) {
    pthread_mutex_lock(&lock);
    int is_hit = 0;
    if (plan.armed && concerns(kind)) {
        long number = plan.calls++;
        is_hit = number == plan.call || (plan.lasting && number > plan.call);
        if (is_hit && !plan.failed[0]) snprintf(plan.failed, sizeof plan.failed, "%s %s", method, suffix(path));
        if (is_hit && plan.fault == FAULTY_DISK_POWER) {
            settle(NULL, NULL, 1);
            die();
        }
        if (is_hit && plan.fault == FAULTY_DISK_KILL && !(kind & WRITES)) die();
    }
    pthread_mutex_unlock(&lock);
    return is_hit;
}

static int remembers(void) {
    return plan.armed && (plan.fault == FAULTY_DISK_LOST || plan.fault == FAULTY_DISK_POWER);
}

void faulty_disk_arm(faulty_disk_fault fault, long call, int lasting) {
    pthread_mutex_lock(&lock);
    settle(NULL, NULL, 0);
    memset(&plan, 0, sizeof plan);
    plan.armed = 1;
    plan.fault = fault;
    plan.call = call;
    plan.lasting = lasting;
    pthread_mutex_unlock(&lock);
}

void faulty_disk_heal(void) {
    pthread_mutex_lock(&lock);
    plan.armed = 0;
    settle(NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
}

long faulty_disk_calls(void) {
    pthread_mutex_lock(&lock);
    long calls = plan.calls;
    pthread_mutex_unlock(&lock);
    return calls;
}

const char *faulty_disk_failed(void) {
    pthread_mutex_lock(&lock);
    const char *failed = plan.failed[0] ? plan.failed : NULL;
    pthread_mutex_unlock(&lock);
    return failed;
}

// MARK: Files

struct faulty_file {
    sqlite3_file base;
    /// Lives as long as the file is open; null for a temporary one.
    const char *path;
    /// The file of the layer below lies behind this.
    sqlite3_file *real;
};

static struct faulty_file *of(sqlite3_file *file) {
    return (struct faulty_file *)file;
}

static int file_close(sqlite3_file *file) {
    int fails_too = fails("xClose", of(file)->path, OTHER);
    int code = of(file)->real->pMethods->xClose(of(file)->real);
    return fails_too ? SQLITE_IOERR_CLOSE : code;
}

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    // What the system's own layer makes of EIO here; SQLite then says that the file is damaged.
    if (fails("xRead", of(file)->path, OTHER)) return SQLITE_IOERR_CORRUPTFS;
    return of(file)->real->pMethods->xRead(of(file)->real, bytes, count, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    sqlite3_file *real = of(file)->real;
    if (fails("xWrite", of(file)->path, TAKES_ROOM | WRITES)) {
        if (plan.fault == FAULTY_DISK_SHORT || plan.fault == FAULTY_DISK_KILL)
            real->pMethods->xWrite(real, bytes, count / 2, offset);
        if (plan.fault == FAULTY_DISK_KILL) die();
        return plan.fault == FAULTY_DISK_IO ? SQLITE_IOERR_WRITE : SQLITE_FULL;
    }
    pthread_mutex_lock(&lock);
    if (remembers()) remember(of(file)->path, real, offset, offset + count);
    pthread_mutex_unlock(&lock);
    return real->pMethods->xWrite(real, bytes, count, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    sqlite3_file *real = of(file)->real;
    if (fails("xTruncate", of(file)->path, OTHER)) return SQLITE_IOERR_TRUNCATE;
    pthread_mutex_lock(&lock);
    sqlite3_int64 end = 0;
    if (remembers() && real->pMethods->xFileSize(real, &end) == SQLITE_OK) remember(of(file)->path, real, size, end);
    pthread_mutex_unlock(&lock);
    return real->pMethods->xTruncate(real, size);
}

static int file_sync(sqlite3_file *file, int flags) {
    sqlite3_file *real = of(file)->real;
    int is_failing = fails("xSync", of(file)->path, TAKES_ROOM | FLUSHES);
    int code = is_failing ? SQLITE_IOERR_FSYNC : real->pMethods->xSync(real, flags);
    pthread_mutex_lock(&lock);
    // A flush that fails for another reason leaves what it should have flushed to the next one.
    if (of(file)->path && (!is_failing || plan.fault == FAULTY_DISK_LOST)) settle(of(file)->path, real, is_failing);
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    if (fails("xFileSize", of(file)->path, OTHER)) return SQLITE_IOERR_FSTAT;
    return of(file)->real->pMethods->xFileSize(of(file)->real, size);
}

static int file_lock(sqlite3_file *file, int level) {
    if (fails("xLock", of(file)->path, OTHER)) return SQLITE_IOERR_LOCK;
    return of(file)->real->pMethods->xLock(of(file)->real, level);
}

static int file_unlock(sqlite3_file *file, int level) {
    int is_failing = fails("xUnlock", of(file)->path, OTHER);
    int code = of(file)->real->pMethods->xUnlock(of(file)->real, level);
    return is_failing ? SQLITE_IOERR_UNLOCK : code;
}

static int file_check_reserved_lock(sqlite3_file *file, int *is_reserved) {
    if (fails("xCheckReservedLock", of(file)->path, OTHER)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, is_reserved);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    return of(file)->real->pMethods->xFileControl(of(file)->real, operation, argument);
}

static int file_sector_size(sqlite3_file *file) {
    return of(file)->real->pMethods->xSectorSize(of(file)->real);
}

static int file_characteristics(sqlite3_file *file) {
    return of(file)->real->pMethods->xDeviceCharacteristics(of(file)->real);
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extends, void volatile **memory) {
    if (fails("xShmMap", "-shm", extends ? TAKES_ROOM : OTHER)) return SQLITE_IOERR_SHMMAP;
    return of(file)->real->pMethods->xShmMap(of(file)->real, region, size, extends, memory);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    int is_failing = fails("xShmLock", "-shm", OTHER);
    if (is_failing && !(flags & SQLITE_SHM_UNLOCK)) return SQLITE_IOERR_SHMLOCK;
    int code = of(file)->real->pMethods->xShmLock(of(file)->real, offset, count, flags);
    return is_failing ? SQLITE_IOERR_SHMLOCK : code;
}

static void file_shm_barrier(sqlite3_file *file) {
    of(file)->real->pMethods->xShmBarrier(of(file)->real);
}

static int file_shm_unmap(sqlite3_file *file, int deletes) {
    int is_failing = fails("xShmUnmap", "-shm", OTHER);
    int code = of(file)->real->pMethods->xShmUnmap(of(file)->real, deletes);
    return is_failing ? SQLITE_IOERR_SHMMAP : code;
}

/// Version 2: without xFetch, so that reading is always a call.
static const sqlite3_io_methods methods = {
    2, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock, file_unlock,
    file_check_reserved_lock, file_control, file_sector_size, file_characteristics, file_shm_map, file_shm_lock,
    file_shm_barrier, file_shm_unmap, NULL, NULL};

// MARK: The layer

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    file->pMethods = NULL;
    int is_new = (flags & SQLITE_OPEN_CREATE) && (!path || access(path, F_OK) != 0);
    if (fails("xOpen", path, is_new ? TAKES_ROOM : OTHER)) return SQLITE_CANTOPEN;
    of(file)->path = path;
    of(file)->real = (sqlite3_file *)(of(file) + 1);
    int code = under->xOpen(under, path, of(file)->real, flags, out_flags);
    if (of(file)->real->pMethods) file->pMethods = &methods;
    return code;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int flushes_folder) {
    (void)vfs;
    if (fails("xDelete", path, OTHER)) return SQLITE_IOERR_DELETE;
    pthread_mutex_lock(&lock);
    settle(path, NULL, 0);
    pthread_mutex_unlock(&lock);
    return under->xDelete(under, path, flushes_folder);
}

static int disk_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    if (fails("xAccess", path, OTHER)) return SQLITE_IOERR_ACCESS;
    return under->xAccess(under, path, flags, result);
}

static int disk_full_pathname(sqlite3_vfs *vfs, const char *path, int size, char *result) {
    (void)vfs;
    if (fails("xFullPathname", path, OTHER)) return SQLITE_CANTOPEN_FULLPATH;
    return under->xFullPathname(under, path, size, result);
}

static int set_checkpoint(sqlite3 *connection, char **message, const sqlite3_api_routines *routines) {
    (void)message, (void)routines;
    return sqlite3_wal_autocheckpoint(connection, pages_between_checkpoints);
}

int faulty_disk_install(int checkpoint_pages) {
    static sqlite3_vfs disk;
    under = sqlite3_vfs_find(NULL);
    if (!under) return SQLITE_ERROR;
    pages_between_checkpoints = checkpoint_pages;
    disk = *under;
    disk.zName = "faulty-disk";
    disk.szOsFile = (int)sizeof(struct faulty_file) + under->szOsFile;
    disk.xOpen = disk_open;
    disk.xDelete = disk_delete;
    disk.xAccess = disk_access;
    disk.xFullPathname = disk_full_pathname;
    int code = sqlite3_auto_extension((void (*)(void))set_checkpoint);
    return code == SQLITE_OK ? sqlite3_vfs_register(&disk, 1) : code;
}
