#ifndef FAULTY_DISK_H
#define FAULTY_DISK_H

/// A layer below SQLite that fails when it is told to: https://www.sqlite.org/vfs.html. It counts the calls of SQLite
/// that come down to it, hands them on to the system's own layer, and lets one of them, or all from one on, fail.

/// How a call fails. Each concerns the calls that it can happen to; the others succeed.
typedef enum {
    /// EIO, by any call.
    FAULTY_DISK_IO,
    /// ENOSPC, by what takes up room.
    FAULTY_DISK_FULL,
    /// A write that puts only the first half of its bytes where they belong.
    FAULTY_DISK_SHORT,
    /// A flush that fails, and has lost what it should have made durable; the next one does not know of it.
    FAULTY_DISK_LOST,
    /// The process is killed at the call.
    FAULTY_DISK_KILL,
    /// The power goes at the call: what was not flushed is lost, in all files, and the process is killed.
    FAULTY_DISK_POWER,
} faulty_disk_fault;

/// Makes this the layer of every connection that the process opens from now on. The log is checkpointed after so few
/// pages that short tests see it.
///
/// @return an SQLite result code.
int faulty_disk_install(int checkpoint_pages);

/// Lets a call fail.
///
/// @param call its number, counted from 0 from now on, of those that the fault can happen to.
/// @param lasting whether all calls from it on fail, until `faulty_disk_heal`.
void faulty_disk_arm(faulty_disk_fault fault, long call, int lasting);

/// Lets every call succeed from now on.
void faulty_disk_heal(void);

/// Calls so far that the fault could have happened to.
long faulty_disk_calls(void);

/// Which call was the first to fail, "xWrite -wal" for instance; null where none has failed yet. Good until
/// `faulty_disk_arm` is called again.
const char *faulty_disk_failed(void);

#endif
