#include "system.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

void linux_terminal_echo(bool is_on) {
  struct termios terminal;
  if (tcgetattr(0, &terminal) < 0) return;  // no terminal: nobody looks on
  if (is_on) terminal.c_lflag |= ECHO;
  else terminal.c_lflag &= ~(tcflag_t)ECHO;
  (void)tcsetattr(0, TCSAFLUSH, &terminal);
}

// Byte by byte: what follows belongs to whoever reads next.
int64_t linux_read_line(uint8_t *bytes, uint64_t capacity) {
  uint64_t length = 0;
  for (;;) {
    uint8_t byte;
    ssize_t count;
    RETRIED(count, read(0, &byte, 1));
    if (count < 0) return -errno;
    if (count == 0 || byte == '\n') return (int64_t)length;
    if (length == capacity) return -EFBIG;
    bytes[length++] = byte;
  }
}

static int write_all(int descriptor, const uint8_t *bytes, uint64_t count) {
  while (count > 0) {
    int64_t written = linux_write(descriptor, bytes, count);
    if (written < 0) return (int)written;
    bytes += written;
    count -= (uint64_t)written;
  }
  return fsync(descriptor) < 0 ? -errno : 0;
}

// Owner and mode of the file that is replaced: those who read it go on reading it.
static int take_rights(int descriptor, const struct stat *old) {
  if (fchown(descriptor, old->st_uid, old->st_gid) < 0) return -errno;
  return fchmod(descriptor, old->st_mode & 07777) < 0 ? -errno : 0;
}

static void sync_folder(char *path) {
  char *slash = strrchr(path, '/');
  const char *folder = ".";
  if (slash == path) folder = "/";
  else if (slash) *slash = 0, folder = path;
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)fsync(descriptor);
  close(descriptor);
}

// A whole new file, or nothing new.
static int replace_by_new(
  char *file, const struct stat *old, const uint8_t *bytes, uint64_t count) {
  char fresh[PATH_MAX + 16];
  strcpy(fresh, file);
  strcat(fresh, ".new");
  // Left behind by one that was interrupted.
  (void)unlink(fresh);
  int descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return -errno;
  int error = old ? take_rights(descriptor, old) : 0;
  if (error == 0) error = write_all(descriptor, bytes, count);
  if (close(descriptor) < 0 && error == 0) error = -errno;
  if (error == 0 && rename(fresh, file) < 0) error = -errno;
  if (error < 0) (void)unlink(fresh);
  else sync_folder(file);
  return error;
}

static int write_over(const char *file, const uint8_t *bytes, uint64_t count) {
  int descriptor = open(file, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  int error = write_all(descriptor, bytes, count);
  if (error == 0 && ftruncate(descriptor, (off_t)count) < 0) error = -errno;
  if (close(descriptor) < 0 && error == 0) error = -errno;
  return error;
}

int32_t linux_replace_file(const uint8_t *path, const uint8_t *bytes, uint64_t count) {
  // Behind a symbolic link it is the file that is replaced.
  char file[PATH_MAX];
  if (!realpath((const char *)path, file)) {
    if (errno != ENOENT || strlen((const char *)path) >= sizeof file) return -errno;
    strcpy(file, (const char *)path);
  }
  struct stat old;
  bool is_there = stat(file, &old) == 0;
  if (is_there && !S_ISREG(old.st_mode)) return -EINVAL;
  int error = replace_by_new(file, is_there ? &old : 0, bytes, count);
  // A single file that is mounted into a container cannot be replaced, nor one in a folder of somebody
  // else, nor can its owner be kept by all: then it is written over.
  bool is_kept_from = error == -EBUSY || error == -EACCES || error == -EPERM || error == -EROFS;
  return is_kept_from && is_there ? write_over(file, bytes, count) : error;
}
