#include "system.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

// The C library's syslog() may allocate, and may block: this one does neither. The daemon puts the
// time in front of each line itself.

static const char *const path = "/dev/log";

static int32_t connect_log(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, path, strlen(path) + 1);
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
  int32_t error = -errno;
  close(descriptor);
  return error;
}

static uint8_t *write_number(uint8_t *out, uint32_t number) {
  uint8_t digits[10];
  uint32_t count = 0;
  do {
    digits[count++] = (uint8_t)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0) *out++ = digits[--count];
  return out;
}

// `<priority>swiftlet[number]: `, at most 40 bytes. [RFC 3164 4.1]
static uint32_t write_heading(uint8_t *out, uint32_t priority) {
  static const char name[] = "swiftlet";
  uint8_t *next = out;
  *next++ = '<';
  next = write_number(next, priority);
  *next++ = '>';
  memcpy(next, name, sizeof name - 1);
  next += sizeof name - 1;
  *next++ = '[';
  next = write_number(next, (uint32_t)getpid());
  memcpy(next, "]: ", 3);
  return (uint32_t)(next + 3 - out);
}

static int64_t send_line(
  int32_t descriptor, uint32_t priority, const uint8_t *bytes, uint64_t count) {
  uint8_t heading[48];
  struct iovec gathered[2] = {
    {.iov_base = heading, .iov_len = write_heading(heading, priority)},
    {.iov_base = (void *)(uintptr_t)bytes, .iov_len = (size_t)count},
  };
  struct msghdr message = {.msg_iov = gathered, .msg_iovlen = 2};
  ssize_t sent;
  RETRIED(sent, sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
  return sent < 0 ? -errno : sent;
}

int32_t linux_syslog(
  int32_t *descriptor, uint32_t facility, uint32_t severity, const uint8_t *bytes,
  uint64_t count) {
  uint32_t priority = facility << 3 | severity;
  if (*descriptor >= 0) {
    int64_t sent = send_line(*descriptor, priority, bytes, count);
    // A daemon that is slow loses lines: waiting for it would stop the broker.
    if (sent >= 0 || sent == -EAGAIN) return sent < 0 ? (int32_t)sent : 0;
    close(*descriptor);
  }
  // It was not there yet, or was started again.
  *descriptor = connect_log();
  if (*descriptor < 0) return *descriptor;
  int64_t sent = send_line(*descriptor, priority, bytes, count);
  return sent < 0 ? (int32_t)sent : 0;
}
