#include "system.h"
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int64_t linux_write(int32_t descriptor, const uint8_t *bytes, uint64_t count) {
  ssize_t written;
  RETRIED(written, write(descriptor, bytes, (size_t)count));
  return written < 0 ? -errno : written;
}

int32_t linux_write_line(int32_t descriptor, const uint8_t *bytes, uint64_t count) {
  // A pipe that is writable takes a line whole, and at once.
  struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
  int ready = poll(&entry, 1, 0);
  if (ready <= 0) return ready < 0 && errno != EINTR ? -errno : -EAGAIN;
  while (count > 0) {
    int64_t written = linux_write(descriptor, bytes, count);
    if (written < 0) return (int32_t)written;
    bytes += written;
    count -= (uint64_t)written;
  }
  return 0;
}

static int open_file(const uint8_t *path, int flags, uint32_t mode) {
  int descriptor;
  RETRIED(descriptor, open((const char *)path, flags | O_CLOEXEC, (mode_t)mode));
  return descriptor < 0 ? -errno : descriptor;
}

// Reads until the end; a byte beyond `capacity` is looked for, and makes it -EFBIG.
static int64_t read_to_end(int descriptor, uint8_t *bytes, uint64_t capacity) {
  uint64_t length = 0;
  for (;;) {
    uint8_t beyond;
    uint64_t room = capacity - length;
    ssize_t count;
    RETRIED(count, read(descriptor, room ? bytes + length : &beyond, room ? (size_t)room : 1));
    if (count < 0) return -errno;
    if (count == 0) return (int64_t)length;
    if (room == 0) return -EFBIG;
    length += (uint64_t)count;
  }
}

int64_t linux_read_file(const uint8_t *path, uint8_t *bytes, uint64_t capacity) {
  int descriptor = open_file(path, O_RDONLY, 0);
  if (descriptor < 0) return descriptor;
  int64_t length = read_to_end(descriptor, bytes, capacity);
  close(descriptor);
  return length;
}

// What is being read of a file: of its lines those that are no comments are kept, of the others the end.
struct statements {
  uint8_t *bytes;
  uint64_t capacity, length;
  bool is_begun, is_comment;
};

static bool keep_statement_byte(struct statements *kept, uint8_t byte) {
  if (byte == '\n') {
    kept->is_begun = kept->is_comment = false;
  } else if (!kept->is_begun) {
    kept->is_begun = byte != ' ' && byte != '\t' && byte != '\r';
    kept->is_comment = byte == '#';
  }
  if (kept->is_comment) return true;
  if (kept->length == kept->capacity) return false;
  kept->bytes[kept->length++] = byte;
  return true;
}

static int64_t read_statements(int descriptor, struct statements *kept) {
  for (;;) {
    uint8_t piece[512];
    ssize_t count;
    RETRIED(count, read(descriptor, piece, sizeof piece));
    if (count < 0) return -errno;
    if (count == 0) return (int64_t)kept->length;
    for (ssize_t index = 0; index < count; index++) {
      if (!keep_statement_byte(kept, piece[index])) return -EFBIG;
    }
  }
}

int64_t linux_read_statements(const uint8_t *path, uint8_t *bytes, uint64_t capacity) {
  int descriptor = open_file(path, O_RDONLY, 0);
  if (descriptor < 0) return descriptor;
  struct statements kept = {.bytes = bytes, .capacity = capacity};
  int64_t length = read_statements(descriptor, &kept);
  close(descriptor);
  return length;
}

void linux_forget(uint8_t *bytes, uint64_t count) { explicit_bzero(bytes, (size_t)count); }

// One name in a folder, as the kernel tells it: `opendir` would allocate.
struct folder_entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

static bool is_wanted(const char *name, const char *suffix, const char *previous) {
  size_t length = strlen(name), rest = strlen(suffix);
  if (length <= rest || strcmp(name + length - rest, suffix) != 0) return false;
  return strcmp(name, previous) > 0;
}

// Looks at all names of an open folder and keeps the first of those that are wanted.
static int32_t first_name(int folder, const char *suffix, const char *previous, char *found) {
  _Alignas(8) char bytes[1024];
  found[0] = 0;
  for (;;) {
    long count;
    RETRIED(count, syscall(SYS_getdents64, folder, bytes, sizeof bytes));
    if (count < 0) return -errno;
    if (count == 0) return (int32_t)strlen(found);
    for (long offset = 0; offset < count;) {
      const struct folder_entry *entry = (const struct folder_entry *)(bytes + offset);
      offset += entry->length;
      bool is_first = found[0] == 0 || strcmp(entry->name, found) < 0;
      if (is_first && is_wanted(entry->name, suffix, previous)) strcpy(found, entry->name);
    }
  }
}

int32_t linux_next_path(
  const uint8_t *folder, uint32_t folder_length, const uint8_t *suffix, uint8_t *path) {
  char previous[256], *name = (char *)path + folder_length + 1;
  if (folder_length > LINUX_FOLDER_MAX) return -ENAMETOOLONG;
  strcpy(previous, path[0] ? name : "");
  memcpy(path, folder, folder_length);
  path[folder_length] = 0;
  int descriptor = open_file(path, O_RDONLY | O_DIRECTORY, 0);
  if (descriptor < 0) return descriptor;
  path[folder_length] = '/';
  int32_t length = first_name(descriptor, (const char *)suffix, previous, name);
  close(descriptor);
  return length > 0 ? (int32_t)folder_length + 1 + length : length;
}

int32_t linux_write_file(
  const uint8_t *path, const uint8_t *bytes, uint64_t count, uint32_t mode) {
  int descriptor = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (descriptor < 0) return descriptor;
  int64_t written = 0;
  while (count > 0) {
    written = linux_write(descriptor, bytes, count);
    if (written < 0) break;
    bytes += written;
    count -= (uint64_t)written;
  }
  int closed = close(descriptor) < 0 ? -errno : 0;
  return written < 0 ? (int32_t)written : closed;
}

int32_t linux_open_append(const uint8_t *path, uint32_t mode) {
  return open_file(path, O_WRONLY | O_CREAT | O_APPEND, mode);
}

int32_t linux_may_write(const uint8_t *path) {
  char folder[512];
  const char *name = (const char *)path, *slash = strrchr(name, '/');
  if (faccessat(AT_FDCWD, name, W_OK, AT_EACCESS) == 0) return 0;
  if (errno != ENOENT) return -errno;
  size_t length = slash ? (size_t)(slash - name) + 1 : 0;
  if (length >= sizeof folder) return -ENAMETOOLONG;
  memcpy(folder, name, length);
  memcpy(folder + length, ".", 2);
  return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

int32_t linux_remove_file(const uint8_t *path) {
  return unlink((const char *)path) < 0 ? -errno : 0;
}

// Not made again when interrupted: Linux has let go of the descriptor by then.
void linux_close(int32_t descriptor) { (void)close(descriptor); }
