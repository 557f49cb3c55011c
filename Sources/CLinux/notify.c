#include "system.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// The protocol of systemd's sd_notify(3), and of whoever else supervises by it: a socket of this
// machine whose path is in the environment. One that begins with `@` is abstract.
int32_t linux_notify_open(void) {
  const char *name = getenv("NOTIFY_SOCKET");
  if (!name) return -ENOENT;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if ((*name != '/' && *name != '@') || length < 2) return -EINVAL;
  if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
  memcpy(address.sun_path, name, length);
  // No zero byte closes the name of an abstract socket: it would belong to it.
  if (*name == '@') address.sun_path[0] = 0;
  else length++;
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  if (connect(descriptor, (struct sockaddr *)&address, size) == 0) return descriptor;
  int32_t error = -errno;
  close(descriptor);
  return error;
}

int32_t linux_notify(int32_t descriptor, const uint8_t *bytes, uint64_t count) {
  ssize_t sent;
  RETRIED(sent, send(descriptor, bytes, (size_t)count, MSG_NOSIGNAL | MSG_DONTWAIT));
  return sent < 0 ? -errno : 0;
}

// A decimal number of the environment; 0 when it is none.
static uint64_t number_of(const char *name) {
  const char *text = getenv(name);
  if (!text || !*text || strlen(text) > 18) return 0;
  uint64_t number = 0;
  for (; *text; text++) {
    if (*text < '0' || *text > '9') return 0;
    number = number * 10 + (uint64_t)(*text - '0');
  }
  return number;
}

uint64_t linux_watchdog_microseconds(void) {
  uint64_t process = number_of("WATCHDOG_PID");
  bool others = process != 0 && process != (uint64_t)getpid();
  return others ? 0 : number_of("WATCHDOG_USEC");
}

uint32_t linux_inherited_sockets(void) {
  if (number_of("LISTEN_PID") != (uint64_t)getpid()) return 0;
  uint64_t count = number_of("LISTEN_FDS");
  return count > 64 ? 64 : (uint32_t)count;
}

int64_t linux_monotonic_microseconds(void) {
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
