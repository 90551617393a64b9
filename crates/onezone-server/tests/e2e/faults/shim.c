/* Makes disks full, makes them fail and moves the wall clock: for the process it is loaded into by LD_PRELOAD and for its
 * children, at the moment at which a test writes so into a page of memory that both have mapped (`shim.rs`). Whatever
 * the page does not ask for goes to the system as it came. The monotonic clock is left alone, as it is by whoever sets
 * the clock of a machine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* As `shim.rs` writes it. */
struct page {
    volatile int64_t clock_seconds;
    volatile int32_t write_errno;
    volatile int32_t flush_errno;
    volatile char path[240];
};

static struct page nothing;
static struct page *page = &nothing;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("ONEZONE_FAULTS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof(struct page), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) page = mapped;
}

/* Whether the file is one of those that the fault is for. */
static int is_meant(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strstr(path, (const char *) page->path) != NULL;
}

static int fails(int fault, int file) {
    if (fault == 0 || !is_meant(file)) return 0;
    errno = fault;
    return 1;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *) dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(write);
    return fails(page->write_errno, file) ? -1 : real(file, bytes, length);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
    REAL(pwrite);
    return fails(page->write_errno, file) ? -1 : real(file, bytes, length, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    REAL(pwrite64);
    return fails(page->write_errno, file) ? -1 : real(file, bytes, length, offset);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
    REAL(pwritev);
    return fails(page->write_errno, file) ? -1 : real(file, parts, count, offset);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
    REAL(pwritev64);
    return fails(page->write_errno, file) ? -1 : real(file, parts, count, offset);
}

int posix_fallocate(int file, off_t offset, off_t length) {
    REAL(posix_fallocate);
    return fails(page->write_errno, file) ? errno : real(file, offset, length);
}

int posix_fallocate64(int file, off64_t offset, off64_t length) {
    REAL(posix_fallocate64);
    return fails(page->write_errno, file) ? errno : real(file, offset, length);
}

int fsync(int file) {
    REAL(fsync);
    return fails(page->flush_errno, file) ? -1 : real(file);
}

int fdatasync(int file) {
    REAL(fdatasync);
    return fails(page->flush_errno, file) ? -1 : real(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int result = real(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += page->clock_seconds;
    return result;
}
