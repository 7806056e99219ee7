/* A recorder of what a process does to the files below $CARD_ROOT: preloaded, it appends every write, truncation, sync and
 * change of a name to $CARD_LOG in the order in which they were answered. `cut.py` reads that log.
 *
 * One entry: operation (1 byte), inode (8), offset (8), length (4), then so many bytes: data, or names ended by NUL. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static unsigned char known[FILES];

static int ours(const char *path) {
    const char *root = getenv("CARD_ROOT");
    size_t length = strlen(path);
    if (!root || strncmp(path, root, strlen(root)) != 0) return 0;
    return length < 4 || strcmp(path + length - 4, "-shm") != 0; /* shared memory: nothing of it has to last */
}

static uint64_t inode(int fd) {
    struct stat found;
    return fstat(fd, &found) == 0 ? found.st_ino : 0;
}

static void tell(char what, uint64_t node, int64_t offset, const void *data, uint32_t length) {
    static int log = -1;
    REAL(int, open, const char *, int, ...);
    if (log < 0) log = real(getenv("CARD_LOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    char head[21];
    memcpy(head, &what, 1);
    memcpy(head + 1, &node, 8);
    memcpy(head + 9, &offset, 8);
    memcpy(head + 17, &length, 4);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)data, length}};
    if (writev(log, parts, 2) < 0) abort();
}

static void tell_names(char what, uint64_t node, const char *one, const char *two) {
    char names[8192];
    int length = snprintf(names, sizeof names, "%s%c%s", one, 0, two);
    tell(what, node, 0, names, length);
}

static int opened(int fd, const char *path, int flags, int was_there) {
    if (fd < 0 || fd >= FILES) return fd;
    known[fd] = ours(path);
    if (known[fd]) {
        if (!was_there) tell_names('C', inode(fd), path, "");
        else if (flags & O_TRUNC) tell('T', inode(fd), 0, "", 0);
    }
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list more; \
        va_start(more, flags); \
        int mode = va_arg(more, int); \
        va_end(more); \
        pthread_mutex_lock(&order); \
        int was_there = access(path, F_OK) == 0; \
        int fd = opened(real(path, flags, mode), path, flags, was_there); \
        pthread_mutex_unlock(&order); \
        return fd; \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        REAL(int, name, int, const char *, int, ...); \
        va_list more; \
        va_start(more, flags); \
        int mode = va_arg(more, int); \
        va_end(more); \
        pthread_mutex_lock(&order); \
        int was_there = faccessat(at, path, F_OK, 0) == 0; \
        int fd = opened(real(at, path, flags, mode), path, flags, was_there); \
        pthread_mutex_unlock(&order); \
        return fd; \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    REAL(int, close, int);
    if (fd >= 0 && fd < FILES) known[fd] = 0;
    return real(fd);
}

#define DO(fd, call, entry) \
    if (fd < 0 || fd >= FILES || !known[fd]) return call; \
    pthread_mutex_lock(&order); \
    ssize_t done = call; \
    if (done >= 0) entry; \
    pthread_mutex_unlock(&order); \
    return done

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    off_t at = fd >= 0 && fd < FILES && known[fd] ? lseek(fd, 0, SEEK_CUR) : 0;
    DO(fd, real(fd, data, size), tell('W', inode(fd), at, data, done));
}

#define PWRITE(name, offset) \
    ssize_t name(int fd, const void *data, size_t size, offset at) { \
        REAL(ssize_t, name, int, const void *, size_t, offset); \
        DO(fd, real(fd, data, size, at), tell('W', inode(fd), at, data, done)); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define FTRUNCATE(name, offset) \
    int name(int fd, offset size) { \
        REAL(int, name, int, offset); \
        DO(fd, real(fd, size), tell('T', inode(fd), size, "", 0)); \
    }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

#define SYNC(name) \
    int name(int fd) { \
        REAL(int, name, int); \
        DO(fd, real(fd), tell('S', inode(fd), 0, "", 0)); \
    }
SYNC(fsync)
SYNC(fdatasync)

#define NAMES(path, call, entry) \
    if (!ours(path)) return call; \
    pthread_mutex_lock(&order); \
    int done = call; \
    if (done == 0) entry; \
    pthread_mutex_unlock(&order); \
    return done

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    NAMES(to, real(from, to), tell_names('R', 0, from, to));
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    NAMES(path, real(path), tell_names('U', 0, path, ""));
}

int symlink(const char *target, const char *path) {
    REAL(int, symlink, const char *, const char *);
    NAMES(path, real(target, path), tell_names('L', 0, path, target));
}
