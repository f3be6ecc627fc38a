#define _GNU_SOURCE
#include "start_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void say(const char *text) {
    // There is nobody left to tell.
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

static void fail(const char *what) {
    const char *why = strerror(errno);
    say(what);
    say(": ");
    say(why);
    say("\n");
    _exit(127);
}

/// Between vfork and exec, in the memory of the parent, whose calling thread waits: only functions that are safe there
/// (signal-safety(7)), and no change of what the parent uses.
static void become(
    char *const arguments[], char *const environment[], const char *folder, const int streams[3], pid_t parent) {
    int copies[3];
    // Above what they are to become, so that none overwrites another.
    for (int i = 0; i < 3; i++) {
        copies[i] = fcntl(streams[i], F_DUPFD, 3);
        if (copies[i] < 0) _exit(127);
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(copies[i], i) < 0) _exit(127);
    }
    close_range(3, ~0U, 0);
    if (setpgid(0, 0) != 0) fail("setpgid");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail("prctl");
    // It may have ended before that.
    if (getppid() != parent) _exit(127);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) fail("sigprocmask");
    if (folder != NULL && chdir(folder) != 0) fail(folder);
    execvpe(arguments[0], arguments, environment);
    fail(arguments[0]);
}

pid_t start_child(
    char *const arguments[], char *const environment[], const char *folder, const int streams[3]) {
    // No signal handler of this process's runs in the child.
    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    pid_t parent = getpid();
    // Not fork: the tests have so much memory that copying its page tables costs more than most of the children do.
    pid_t child = vfork();
    if (child == 0) become(arguments, environment, folder, streams, parent);
    int error = errno;
    // Whichever of the two is first: its group can be killed from now on.
    if (child > 0) setpgid(child, child);
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    errno = error;
    return child;
}

int make_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}
