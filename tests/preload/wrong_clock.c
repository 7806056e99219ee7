/* A machine whose wall clock is wrong, or is set while programs run. Only what tells the time of day is changed; the monotonic
 * clock, and with it every wait, is the real one. Built and preloaded by tests/system/test_clock.py.
 *
 * WRONG_CLOCK names a file, read again at each call: seconds by which the wall clock is off, and 1 if a time service disciplines
 * it (adjtimex then answers that it does). BOOT_ID names a file that is read instead of the kernel's boot id.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static void look(double *off, int *disciplined)
{
    const char *path = getenv("WRONG_CLOCK");
    char text[64] = "";
    int file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;

    *off = 0;
    *disciplined = 0;
    if (file < 0)
        return;
    if (syscall(SYS_read, file, text, sizeof text - 1) > 0)
        sscanf(text, "%lf %d", off, disciplined);
    syscall(SYS_close, file);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    double off;
    int disciplined, result = syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        look(&off, &disciplined);
        now->tv_sec += (time_t)off;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec fine;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &fine);
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (where)
        *where = now.tv_sec;
    return now.tv_sec;
}

int adjtimex(struct timex *state)
{
    double off;
    int disciplined;

    look(&off, &disciplined);
    memset(state, 0, sizeof *state);
    state->status = disciplined ? 0 : STA_UNSYNC;
    return disciplined ? TIME_OK : TIME_ERROR;
}

static int opened(const char *name, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
    const char *other = getenv("BOOT_ID");

    if (other && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0)
        path = other;
    return real(path, flags, mode);
}

#define OPEN(name)                                                     \
    int name(const char *path, int flags, ...)                         \
    {                                                                  \
        va_list more;                                                  \
        mode_t mode = 0;                                               \
        if (flags & (O_CREAT | O_TMPFILE)) {                           \
            va_start(more, flags);                                     \
            mode = va_arg(more, mode_t);                               \
            va_end(more);                                              \
        }                                                              \
        return opened(#name, path, flags, mode);                       \
    }

OPEN(open)
OPEN(open64)
