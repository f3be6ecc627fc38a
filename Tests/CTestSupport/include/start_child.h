#ifndef START_CHILD_H
#define START_CHILD_H

#include <sys/types.h>

/// Starts a program in a process group of its own that the kernel kills when the calling thread ends.
///
/// The child inherits the three descriptors and no other, and neither blocks nor ignores a signal. One that cannot be
/// executed says why on its standard error and ends with 127.
///
/// @param arguments its name first, which the search path is looked through for; a null pointer last.
/// @param environment a null pointer last.
/// @param folder where it runs, or a null pointer.
/// @param streams its standard input, output and error.
/// @return its number, or -1 with `errno`.
pid_t start_child(
    char *const arguments[], char *const environment[], const char *folder, const int streams[3]);

/// pipe2(2) with O_CLOEXEC.
int make_pipe(int ends[2]);

#endif
