/*
 * Stands between a program and the C library (LD_PRELOAD) and watches what it does to the files below one folder:
 * counts the calls, ends the process at one of them, makes some fail, or records them all for test/faults/oplog.ts.
 *
 * FAULT_DIR      the folder; an absolute path without links
 * FAULT_CONTROL  a file of at least sizeof(struct control) bytes, mapped and shared with the test (test/faults/shim.ts)
 * FAULT_RECORD   where the record goes; unset: nothing is recorded
 *
 * All calls below the folder take turns, so that their numbers and the record are in the order in which they happened.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Kinds of calls; test/faults/shim.ts and oplog.ts name them alike. */
enum { WRITE = 0, SYNC = 1, READ = 2, CREATE = 3, TRUNCATE = 4, RENAME = 5, UNLINK = 6, LINK = 7, MKDIR = 8, RMDIR = 9 };

struct control {
  int64_t calls;       /* Calls so far that change something: all kinds but READ. */
  int64_t writes;
  int64_t syncs;
  int64_t reads;
  int64_t kill_at;     /* Number (from 1) of the changing call at which the process ends; 0: never. */
  int64_t kill_mode;   /* 0: before the call, 1: after it, 2: after half of what it writes. */
  int64_t fail_kinds;  /* Bit `1 << kind`: calls of that kind fail. */
  int64_t fail_errno;
  int64_t fail_skip;   /* So many of them still succeed. */
  int64_t fail_count;  /* So many of them still fail; -1: all. */
  int64_t failed;      /* How many have failed. */
};

struct record_header {
  uint32_t kind;
  uint32_t name_bytes; /* Of the name behind the header; for RENAME and LINK: the old one, a NUL, the new one. */
  uint64_t inode;
  uint64_t offset;
  uint64_t data_bytes; /* Of the data behind the name; for TRUNCATE the new size instead. */
  uint64_t time_ns;    /* Since 1970. */
  uint64_t call;       /* Number of the call, as in `calls`; those that failed are not recorded. */
};

static struct control own, *control = &own;
static const char *folder;
static size_t folder_bytes;
static int record_file = -1;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("FAULT_DIR");
  if (folder != NULL) folder_bytes = strlen(folder);
  const char *path = getenv("FAULT_CONTROL");
  int file = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (file >= 0) {
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) control = mapped;
    syscall(SYS_close, file);
  }
  path = getenv("FAULT_RECORD");
  if (path != NULL)
    record_file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_below(const char *path) {
  return folder != NULL && path != NULL && strncmp(path, folder, folder_bytes) == 0 &&
         (path[folder_bytes] == '/' || path[folder_bytes] == 0);
}

/* Whether an open file lies below the folder; its name goes to `name`. */
static int is_watched(int file, char *name, size_t name_max) {
  if (folder == NULL || file < 0) return 0;
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t bytes = readlink(link, name, name_max - 1);
  if (bytes <= 0) return 0;
  name[bytes] = 0;
  return is_below(name);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* Begins a call: takes the turn, counts, ends the process. Returns an error number when the call is to fail. */
static int enter(int kind) {
  pthread_mutex_lock(&turn);
  if (kind == WRITE) control->writes++;
  if (kind == SYNC) control->syncs++;
  if (kind == READ) control->reads++;
  else control->calls++;
  if (kind != READ && control->kill_at == control->calls && control->kill_mode == 0) die();
  if (!(control->fail_kinds >> kind & 1) || control->fail_count == 0) return 0;
  if (control->fail_skip > 0) {
    control->fail_skip--;
    return 0;
  }
  if (control->fail_count > 0) control->fail_count--;
  control->failed++;
  return (int)control->fail_errno;
}

/* Ends a call and gives the turn away. Keeps errno. */
static void leave(int kind) {
  int error = errno;
  if (kind != READ && control->kill_at == control->calls && control->kill_mode != 0) die();
  pthread_mutex_unlock(&turn);
  errno = error;
}

static void record(int kind, const char *name, size_t name_bytes, struct record_header header, const void *data) {
  if (record_file < 0) return;
  int error = errno;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  header.kind = (uint32_t)kind;
  header.name_bytes = (uint32_t)name_bytes;
  header.call = (uint64_t)control->calls;
  header.time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  struct iovec parts[3] = {{&header, sizeof header}, {(void *)name, name_bytes}, {(void *)data, header.data_bytes}};
  syscall(SYS_writev, record_file, parts, kind == WRITE ? 3 : 2);
  errno = error;
}

static uint64_t inode_of(int file) {
  struct stat status;
  return fstat(file, &status) == 0 ? status.st_ino : 0;
}

static uint64_t inode_at(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 ? status.st_ino : 0;
}

#define REAL(result, symbol, ...)                        \
  static result (*real)(__VA_ARGS__);                    \
  if (real == NULL) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, symbol)

#define REFUSED(error) (errno = (error), leave(-1), -1)

/* Half of what a write was to bring, as a process leaves it that ends in the middle. */
static size_t allowed(size_t bytes) {
  return control->kill_at == control->calls && control->kill_mode == 2 ? bytes / 2 : bytes;
}

static void note_write(int file, const char *name, uint64_t offset, const void *data, ssize_t bytes) {
  if (bytes <= 0 || record_file < 0) return;
  struct record_header header = {.inode = inode_of(file), .offset = offset, .data_bytes = (uint64_t)bytes};
  record(WRITE, name, strlen(name), header, data);
}

static ssize_t do_pwrite(const char *symbol, int file, const void *data, size_t bytes, off64_t offset) {
  REAL(ssize_t, symbol, int, const void *, size_t, off64_t);
  char name[4096];
  if (!is_watched(file, name, sizeof name)) return real(file, data, bytes, offset);
  int error = enter(WRITE);
  if (error != 0) return REFUSED(error);
  ssize_t done = real(file, data, allowed(bytes), offset);
  note_write(file, name, (uint64_t)offset, data, done);
  leave(WRITE);
  return done;
}
ssize_t pwrite64(int file, const void *data, size_t bytes, off64_t offset) {
  return do_pwrite("pwrite64", file, data, bytes, offset);
}
ssize_t pwrite(int file, const void *data, size_t bytes, off_t offset) {
  return do_pwrite("pwrite64", file, data, bytes, offset);
}

ssize_t write(int file, const void *data, size_t bytes) {
  REAL(ssize_t, "write", int, const void *, size_t);
  char name[4096];
  if (!is_watched(file, name, sizeof name)) return real(file, data, bytes);
  int error = enter(WRITE);
  if (error != 0) return REFUSED(error);
  ssize_t done = real(file, data, allowed(bytes));
  if (done > 0) note_write(file, name, (uint64_t)(lseek64(file, 0, SEEK_CUR) - done), data, done);
  leave(WRITE);
  return done;
}

/* Several pieces at once are written one after the other, which callers must expect anyway. */
static ssize_t in_pieces(int file, const struct iovec *pieces, int count, off64_t offset) {
  ssize_t total = 0;
  for (int i = 0; i < count; i++) {
    if (pieces[i].iov_len == 0) continue;
    ssize_t done = offset < 0 ? write(file, pieces[i].iov_base, pieces[i].iov_len)
                              : pwrite64(file, pieces[i].iov_base, pieces[i].iov_len, offset + total);
    if (done < 0) return total > 0 ? total : -1;
    total += done;
    if ((size_t)done < pieces[i].iov_len) break;
  }
  return total;
}
ssize_t writev(int file, const struct iovec *pieces, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  char name[4096];
  return is_watched(file, name, sizeof name) ? in_pieces(file, pieces, count, -1) : real(file, pieces, count);
}
ssize_t pwritev64(int file, const struct iovec *pieces, int count, off64_t offset) {
  REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t);
  char name[4096];
  if (is_watched(file, name, sizeof name)) return in_pieces(file, pieces, count, offset);
  return real(file, pieces, count, offset);
}
ssize_t pwritev(int file, const struct iovec *pieces, int count, off_t offset) {
  return pwritev64(file, pieces, count, offset);
}

/* Copies within the kernel would pass the record by: whoever tries falls back to reading and writing. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t bytes, unsigned flags) {
  REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned);
  char name[4096];
  if (is_watched(to, name, sizeof name)) return errno = EXDEV, -1;
  return real(from, from_at, to, to_at, bytes, flags);
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t bytes) {
  REAL(ssize_t, "sendfile64", int, int, off64_t *, size_t);
  char name[4096];
  if (is_watched(to, name, sizeof name)) return errno = EINVAL, -1;
  return real(to, from, at, bytes);
}
ssize_t sendfile(int to, int from, off_t *at, size_t bytes) { return sendfile64(to, from, at, bytes); }

static int do_sync(int (*real)(int), int file) {
  char name[4096];
  if (!is_watched(file, name, sizeof name)) return real(file);
  int error = enter(SYNC);
  if (error != 0) return REFUSED(error);
  int result = real(file);
  if (result == 0) record(SYNC, name, strlen(name), (struct record_header){.inode = inode_of(file)}, NULL);
  leave(SYNC);
  return result;
}
int fsync(int file) {
  REAL(int, "fsync", int);
  return do_sync(real, file);
}
int fdatasync(int file) {
  REAL(int, "fdatasync", int);
  return do_sync(real, file);
}

int ftruncate64(int file, off64_t bytes) {
  REAL(int, "ftruncate64", int, off64_t);
  char name[4096];
  if (!is_watched(file, name, sizeof name)) return real(file, bytes);
  int error = enter(TRUNCATE);
  if (error != 0) return REFUSED(error);
  int result = real(file, bytes);
  struct record_header header = {.inode = inode_of(file), .data_bytes = (uint64_t)bytes};
  if (result == 0) record(TRUNCATE, name, strlen(name), header, NULL);
  leave(TRUNCATE);
  return result;
}
int ftruncate(int file, off_t bytes) { return ftruncate64(file, bytes); }

static ssize_t do_pread(int file, void *data, size_t bytes, off64_t offset) {
  REAL(ssize_t, "pread64", int, void *, size_t, off64_t);
  char name[4096];
  if (!is_watched(file, name, sizeof name)) return real(file, data, bytes, offset);
  int error = enter(READ);
  if (error != 0) return REFUSED(error);
  ssize_t done = real(file, data, bytes, offset);
  leave(READ);
  return done;
}
ssize_t pread64(int file, void *data, size_t bytes, off64_t offset) { return do_pread(file, data, bytes, offset); }
ssize_t pread(int file, void *data, size_t bytes, off_t offset) { return do_pread(file, data, bytes, offset); }

ssize_t read(int file, void *data, size_t bytes) {
  REAL(ssize_t, "read", int, void *, size_t);
  char name[4096];
  if (!is_watched(file, name, sizeof name)) return real(file, data, bytes);
  int error = enter(READ);
  if (error != 0) return REFUSED(error);
  ssize_t done = real(file, data, bytes);
  leave(READ);
  return done;
}

/* An open counts when it makes the file or empties it. */
static int do_open(const char *path, int flags, mode_t mode) {
  REAL(int, "open64", const char *, int, ...);
  struct stat before;
  int exists = is_below(path) && lstat(path, &before) == 0;
  int makes = is_below(path) && !exists && (flags & O_CREAT);
  int empties = exists && (flags & O_TRUNC) && S_ISREG(before.st_mode);
  if (!makes && !empties) return real(path, flags, mode);
  int kind = makes ? CREATE : TRUNCATE;
  int error = enter(kind);
  if (error != 0) return REFUSED(error);
  int file = real(path, flags, mode);
  if (file >= 0) record(kind, path, strlen(path), (struct record_header){.inode = inode_of(file)}, NULL);
  leave(kind);
  return file;
}
static mode_t mode_in(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }
int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return do_open(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return do_open(path, flags, mode);
}

/* A name that is taken away or made: `path` is recorded, and where it is, `to` behind it. */
static int on_name(int kind, const char *path, const char *to, int (*call)(const char *, const char *)) {
  int error = enter(kind);
  if (error != 0) return REFUSED(error);
  uint64_t inode = inode_at(path);
  int result = call(path, to);
  if (result == 0) {
    if (inode == 0) inode = inode_at(path);
    char both[8192];
    size_t bytes = strlen(path);
    memcpy(both, path, bytes);
    if (to != NULL) {
      both[bytes++] = 0;
      memcpy(both + bytes, to, strlen(to));
      bytes += strlen(to);
    }
    record(kind, both, bytes, (struct record_header){.inode = inode}, NULL);
  }
  leave(kind);
  return result;
}
static int real_rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  return real(from, to);
}
static int real_link(const char *from, const char *to) {
  REAL(int, "link", const char *, const char *);
  return real(from, to);
}
static int real_unlink(const char *path, const char *unused) {
  (void)unused;
  REAL(int, "unlink", const char *);
  return real(path);
}
static int real_rmdir(const char *path, const char *unused) {
  (void)unused;
  REAL(int, "rmdir", const char *);
  return real(path);
}
static int real_mkdir(const char *path, const char *unused) {
  (void)unused;
  return (int)syscall(SYS_mkdirat, AT_FDCWD, path, 0777);
}
int rename(const char *from, const char *to) {
  return is_below(to) ? on_name(RENAME, from, to, real_rename) : real_rename(from, to);
}
int link(const char *from, const char *to) {
  return is_below(to) ? on_name(LINK, from, to, real_link) : real_link(from, to);
}
int unlink(const char *path) {
  return is_below(path) ? on_name(UNLINK, path, NULL, real_unlink) : real_unlink(path, NULL);
}
int unlinkat(int at, const char *name, int flags) {
  REAL(int, "unlinkat", int, const char *, int);
  char path[8192];
  if (name[0] == '/') snprintf(path, sizeof path, "%s", name);
  else if (!is_watched(at, path, 4096)) return real(at, name, flags);
  else snprintf(path + strlen(path), 4096, "/%s", name);
  if (!is_below(path)) return real(at, name, flags);
  return flags & AT_REMOVEDIR ? rmdir(path) : unlink(path);
}
int remove(const char *path) {
  REAL(int, "remove", const char *);
  struct stat status;
  if (!is_below(path) || lstat(path, &status) != 0) return real(path);
  return S_ISDIR(status.st_mode) ? rmdir(path) : unlink(path);
}
int rmdir(const char *path) {
  return is_below(path) ? on_name(RMDIR, path, NULL, real_rmdir) : real_rmdir(path, NULL);
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  return is_below(path) ? on_name(MKDIR, path, NULL, real_mkdir) : real(path, mode);
}
