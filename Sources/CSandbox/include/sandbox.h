#ifndef CSANDBOX_SANDBOX_H
#define CSANDBOX_SANDBOX_H

// A process for work that may go wrong in any way: how it is started, and how it gives up what it can do
// without.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// Starts a program that has one descriptor as its standard input and output, and /dev/null as its standard
/// error.
///
/// It inherits no other descriptor, no signal is blocked or ignored in it, and it leads a process group of
/// its own: a Ctrl-C is not meant for it, and whatever it starts can be killed with it. Blocks until the
/// program runs.
///
/// @param path of the program; no search path is looked through.
/// @param arguments its name first; a null pointer last.
/// @param environment all of it; a null pointer last.
/// @return its number, or -1 with `errno`.
pid_t sandbox_start(const char *path, char *const arguments[], char *const environment[], int stream);

/// Gives up, for the calling process and for good: memory and CPU time beyond the bounds, files that grow,
/// core dumps, handlers of signals, being looked into by others of its user, and outliving the thread that
/// has started it.
///
/// To be called by the main thread. Nothing is limited more than it is limited already.
///
/// @param address_space bytes.
/// @param cpu_seconds for the process' whole life.
/// @return 0, or -1 with `errno`.
int sandbox_limit(uint64_t address_space, uint64_t cpu_seconds);

/// Gives up new privileges, further descriptors, and every system call that computing does not need, for all
/// threads and for good (seccomp(2)): what is open stays, and nothing can be opened, connected to, started,
/// signalled or made executable.
///
/// @return 1; 0 where the kernel, its container or this build has no such filters; -1 with `errno`.
int sandbox_seal(void);

/// Whether this build is limited and sealed as it should be: one for a sanitizer is not, whose own needs are
/// others.
bool sandbox_is_complete(void);

#endif
