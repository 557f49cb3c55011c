#include "system.h"
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The C library's getpwnam() allocates: the files of users and groups are read by hand. Names that
// only a directory service knows are not found.

// A file read line by line; what is longer than the buffer is cut off.
struct lines {
  int descriptor;
  uint32_t start, end;
  char bytes[512];
};

static bool open_lines(struct lines *lines, const char *path) {
  RETRIED(lines->descriptor, open(path, O_RDONLY | O_CLOEXEC));
  lines->start = lines->end = 0;
  return lines->descriptor >= 0;
}

static bool next_byte(struct lines *lines, char *byte) {
  if (lines->start == lines->end) {
    ssize_t count;
    RETRIED(count, read(lines->descriptor, lines->bytes, sizeof lines->bytes));
    if (count <= 0) return false;
    lines->start = 0;
    lines->end = (uint32_t)count;
  }
  *byte = lines->bytes[lines->start++];
  return true;
}

static bool next_line(struct lines *lines, char *line, uint32_t capacity) {
  uint32_t length = 0;
  char byte;
  bool any = false;
  while (next_byte(lines, &byte) && byte != '\n') {
    any = true;
    if (length + 1 < capacity) line[length++] = byte;
  }
  line[length] = 0;
  return any || lines->start != lines->end;
}

// The text after so many colons; NULL when the line has fewer.
static const char *field(const char *line, int number) {
  for (; number > 0; number--) {
    line = strchr(line, ':');
    if (!line) return 0;
    line++;
  }
  return line;
}

static bool is_named(const char *line, const char *name) {
  size_t length = strlen(name);
  return strncmp(line, name, length) == 0 && line[length] == ':';
}

static bool read_number(const char *text, uint32_t *number) {
  if (!text || *text < '0' || *text > '9') return false;
  uint64_t value = 0;
  for (; *text >= '0' && *text <= '9'; text++) {
    value = value * 10 + (uint64_t)(*text - '0');
    if (value > UINT32_MAX - 1) return false;  // the last one means `nobody said`
  }
  *number = (uint32_t)value;
  return *text == ':';
}

int32_t linux_find_user(const uint8_t *name, struct linux_user *user) {
  struct lines lines;
  char line[512];
  if (!open_lines(&lines, "/etc/passwd")) return -errno;
  int32_t result = -ENOENT;
  while (result < 0 && next_line(&lines, line, sizeof line)) {
    if (!is_named(line, (const char *)name)) continue;
    bool is_whole =
      read_number(field(line, 2), &user->user) && read_number(field(line, 3), &user->group);
    if (is_whole) result = 0;
  }
  close(lines.descriptor);
  return result;
}

// Whether the members, separated by commas, name this one.
static bool has_member(const char *members, const char *name) {
  size_t length = strlen(name);
  while (members && *members) {
    if (strncmp(members, name, length) == 0 && (members[length] == ',' || !members[length]))
      return true;
    members = strchr(members, ',');
    if (members) members++;
  }
  return false;
}

// The groups that the user is in; those beyond the capacity are left out.
static size_t find_groups(const char *name, gid_t first, gid_t *groups, size_t capacity) {
  size_t count = 0;
  groups[count++] = first;
  struct lines lines;
  char line[1024];
  if (!open_lines(&lines, "/etc/group")) return count;
  while (count < capacity && next_line(&lines, line, sizeof line)) {
    uint32_t group;
    if (!has_member(field(line, 3), name) || !read_number(field(line, 2), &group)) continue;
    if (group != first) groups[count++] = group;
  }
  close(lines.descriptor);
  return count;
}

bool linux_is_root(void) { return geteuid() == 0; }

int32_t linux_act_as_user(const uint8_t *name, const struct linux_user *user) {
  gid_t groups[32];
  size_t count = find_groups((const char *)name, user->group, groups, 32);
  if (setgroups(count, groups) < 0) return -errno;
  if (setegid(user->group) < 0) return -errno;
  return seteuid(user->user) < 0 ? -errno : 0;
}

int32_t linux_act_as_root(void) {
  if (seteuid(0) < 0) return -errno;
  return setegid(0) < 0 ? -errno : 0;
}

int32_t linux_become_user(const struct linux_user *user) {
  if (setresgid(user->group, user->group, user->group) < 0) return -errno;
  if (setresuid(user->user, user->user, user->user) < 0) return -errno;
  // What was given up must be gone: nothing else protects the machine from a mistake here.
  if (user->user != 0 && (seteuid(0) == 0 || setuid(0) == 0)) return -EPERM;
  bool is_whole = getuid() == user->user && geteuid() == user->user && getgid() == user->group;
  return is_whole ? 0 : -EPERM;
}

int32_t linux_file_mode(const uint8_t *path, bool *is_own) {
  struct stat status;
  if (stat((const char *)path, &status) < 0) return -errno;
  *is_own = status.st_uid == geteuid() || status.st_uid == 0;
  return (int32_t)(status.st_mode & 07777);
}

bool linux_may_read(const uint8_t *path) {
  int descriptor = open((const char *)path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor >= 0) close(descriptor);
  return descriptor >= 0 || errno != EACCES;
}
