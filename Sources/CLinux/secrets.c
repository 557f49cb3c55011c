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

// The rights of the file that is replaced, unless everybody could read it: then nobody else may.
static void take_rights(int descriptor, const struct stat *old) {
  bool is_open = old->st_mode & 07;
  // Where that is not allowed the new file stays with who makes it.
  bool is_given = fchown(descriptor, old->st_uid, old->st_gid) == 0;
  (void)fchmod(descriptor, is_open || !is_given ? 0600 : old->st_mode & 0770);
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

int32_t linux_replace_file(const uint8_t *path, const uint8_t *bytes, uint64_t count) {
  // Behind a symbolic link it is the file that is replaced.
  char file[PATH_MAX], fresh[PATH_MAX + 16];
  if (!realpath((const char *)path, file)) {
    if (errno != ENOENT || strlen((const char *)path) >= sizeof file) return -errno;
    strcpy(file, (const char *)path);
  }
  struct stat old;
  bool is_there = stat(file, &old) == 0;
  if (is_there && !S_ISREG(old.st_mode)) return -EINVAL;
  strcpy(fresh, file);
  strcat(fresh, ".new");
  // Left behind by one that was interrupted.
  (void)unlink(fresh);
  int descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return -errno;
  int error = write_all(descriptor, bytes, count);
  if (is_there) take_rights(descriptor, &old);
  if (close(descriptor) < 0 && error == 0) error = -errno;
  if (error == 0 && rename(fresh, file) < 0) error = -errno;
  if (error < 0) (void)unlink(fresh);
  else sync_folder(file);
  return error;
}
