#include "addresses.h"
#include <fcntl.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// Sockets in the file system, and the addresses of interfaces.

static int32_t fill_address(struct sockaddr_un *address, const uint8_t *path) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  size_t length = strlen((const char *)path);
  if (length >= sizeof address->sun_path) return -ENAMETOOLONG;
  memcpy(address->sun_path, path, length);
  return 0;
}

static int open_socket(void) {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// The rights are those of the file from its first moment on.
static int32_t bind_with_mode(int descriptor, const struct sockaddr_un *address, uint32_t mode) {
  mode_t before = umask((mode_t)(~mode & 0777));
  int result = bind(descriptor, (const struct sockaddr *)address, sizeof *address);
  int error = errno;
  umask(before);
  return result < 0 ? -error : 0;
}

// Removes a socket that a broker left behind when it was killed: one that nobody listens on.
// Anything else that bears the name stays.
static int32_t remove_stale(const struct sockaddr_un *address) {
  struct stat status;
  if (lstat(address->sun_path, &status) < 0) return -errno;
  if (!S_ISSOCK(status.st_mode)) return -EEXIST;
  int probe = open_socket();
  if (probe < 0) return -errno;
  bool is_stale = connect(probe, (const struct sockaddr *)address, sizeof *address) < 0 &&
                  errno == ECONNREFUSED;
  close(probe);
  if (!is_stale) return -EADDRINUSE;
  return unlink(address->sun_path) < 0 ? -errno : 0;
}

int32_t linux_listen_unix(const uint8_t *path, uint32_t mode, int32_t backlog) {
  struct sockaddr_un address;
  int32_t error = fill_address(&address, path);
  if (error < 0) return error;
  int descriptor = open_socket();
  if (descriptor < 0) return -errno;
  error = bind_with_mode(descriptor, &address, mode);
  if (error == -EADDRINUSE) {
    error = remove_stale(&address);
    if (error == 0) error = bind_with_mode(descriptor, &address, mode);
  }
  if (error == 0 && listen(descriptor, backlog) < 0) error = -errno;
  if (error == 0) return descriptor;
  close(descriptor);
  return error;
}

// Whether an address is the one that was asked for, if one was.
static bool is_wanted(const union address *found, const union address *wanted) {
  if (wanted->any.sa_family == AF_UNSPEC) return true;
  if (wanted->any.sa_family != found->any.sa_family) return false;
  if (found->any.sa_family == AF_INET)
    return wanted->four.sin_addr.s_addr == found->four.sin_addr.s_addr;
  return memcmp(&wanted->six.sin6_addr, &found->six.sin6_addr, 16) == 0;
}

static int32_t find_four(const char *name, const union address *wanted, union address *out) {
  struct ifreq entries[64];
  struct ifconf list = {.ifc_len = sizeof entries, .ifc_req = entries};
  int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return -errno;
  int result = ioctl(probe, SIOCGIFCONF, &list);
  int32_t error = result < 0 ? -errno : 0;
  close(probe);
  if (error < 0) return error;
  for (size_t index = 0; index < (size_t)list.ifc_len / sizeof *entries; index++) {
    if (strncmp(entries[index].ifr_name, name, IFNAMSIZ) != 0) continue;
    memcpy(&out->any, &entries[index].ifr_addr, sizeof out->any);
    if (out->any.sa_family == AF_INET && is_wanted(out, wanted)) return 1;
  }
  return 0;
}

static int32_t digit_of(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool read_six(const char *text, uint8_t *bytes) {
  for (int index = 0; index < 16; index++) {
    int32_t high = digit_of(text[2 * index]);
    int32_t low = high < 0 ? -1 : digit_of(text[2 * index + 1]);
    if (low < 0) return false;
    bytes[index] = (uint8_t)(high << 4 | low);
  }
  return true;
}

// A line of the kernel's list: address, index, prefix, scope, flags, and the name at its end.
static bool take_line(
  const char *line, const char *name, const union address *wanted, union address *out) {
  const char *end = strrchr(line, ' ');
  if (!end || strcmp(end + 1, name) != 0) return false;
  memset(out, 0, sizeof *out);
  out->six.sin6_family = AF_INET6;
  if (strlen(line) < 32 || !read_six(line, out->six.sin6_addr.s6_addr)) return false;
  // One of the link alone is not an address without the link.
  return !IN6_IS_ADDR_LINKLOCAL(&out->six.sin6_addr) && is_wanted(out, wanted);
}

static int32_t find_six(const char *name, const union address *wanted, union address *out) {
  int descriptor;
  RETRIED(descriptor, open("/proc/net/if_inet6", O_RDONLY | O_CLOEXEC));
  if (descriptor < 0) return 0;  // a kernel without the sixth version
  char line[128];
  uint32_t length = 0;
  char byte;
  int32_t found = 0;
  while (!found && read(descriptor, &byte, 1) == 1) {
    if (byte != '\n') {
      if (length + 1 < sizeof line) line[length++] = byte;
      continue;
    }
    line[length] = 0;
    length = 0;
    if (take_line(line, name, wanted, out)) found = 1;
  }
  close(descriptor);
  return found;
}

int32_t linux_interface_address(
  const uint8_t *name, int32_t family, const uint8_t *text, uint8_t *out) {
  if (if_nametoindex((const char *)name) == 0) return -ENODEV;
  union address wanted = {0};
  union address found;
  if (text) {
    int32_t length = address_from_text(&wanted, (const char *)text, family, 0);
    if (length < 0) return length;
  }
  int32_t count = family == 6 ? find_six((const char *)name, &wanted, &found)
                              : find_four((const char *)name, &wanted, &found);
  if (count <= 0) return count;
  uint8_t length = address_to_text(&found, out);
  out[length] = 0;
  return length;
}

// Whether a socket that was handed over listens where a listener is to be.
int32_t linux_listens_at(
  int32_t descriptor, const uint8_t *path, const uint8_t *text, uint16_t port, int32_t family) {
  union {
    union address address;
    struct sockaddr_un local;
  } bound = {0};
  socklen_t length = sizeof bound;
  if (getsockname(descriptor, &bound.address.any, &length) < 0) return -errno;
  // Whoever handed it over may not have.
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0) return -errno;
  if (path) {
    bound.local.sun_path[sizeof bound.local.sun_path - 1] = 0;
    return bound.local.sun_family == AF_UNIX &&
           strcmp(bound.local.sun_path, (const char *)path) == 0;
  }
  if (bound.address.any.sa_family == AF_UNIX || address_port(&bound.address) != port) return 0;
  union address wanted;
  int32_t size = address_from_text(&wanted, (const char *)text, family, port);
  if (size < 0) return size;
  return is_wanted(&bound.address, &wanted);
}
