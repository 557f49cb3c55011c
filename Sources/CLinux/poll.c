#include "system.h"
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>

// `linux_poll_entry` is handed to the system as it is.
_Static_assert(sizeof(struct linux_poll_entry) == sizeof(struct pollfd), "size");
_Static_assert(offsetof(struct linux_poll_entry, events) == offsetof(struct pollfd, events), "");
_Static_assert(offsetof(struct linux_poll_entry, returned) == offsetof(struct pollfd, revents), "");
_Static_assert(POLLIN == 0x01 && POLLOUT == 0x04 && (POLLERR | POLLHUP) == 0x18, "poll");
_Static_assert(EPOLLIN == 0x01 && EPOLLOUT == 0x04 && (EPOLLERR | EPOLLHUP) == 0x18, "epoll");
_Static_assert(EPOLL_CTL_ADD == 1 && EPOLL_CTL_DEL == 2 && EPOLL_CTL_MOD == 3, "operations");

// An interrupted wait has waited for something: the caller looks at the clock and comes again.
static int32_t count_ready(int ready) {
  if (ready >= 0) return ready;
  return errno == EINTR ? 0 : -errno;
}

int32_t linux_poll(
  struct linux_poll_entry *entries, uint32_t count, int32_t timeout_milliseconds) {
  return count_ready(poll((struct pollfd *)entries, count, timeout_milliseconds));
}

int32_t linux_epoll_open(void) {
  int descriptor = epoll_create1(EPOLL_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int32_t linux_epoll_set(
  int32_t epoll, int32_t operation, int32_t descriptor, uint32_t events, uint32_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(epoll, operation, descriptor, &event) < 0 ? -errno : 0;
}

int32_t linux_epoll_wait(
  int32_t epoll, struct linux_ready *out, uint32_t capacity, int32_t timeout_milliseconds) {
  struct epoll_event events[256];
  if (capacity > LINUX_READY_MAX) capacity = LINUX_READY_MAX;
  int32_t ready = count_ready(epoll_wait(epoll, events, (int)capacity, timeout_milliseconds));
  for (int32_t index = 0; index < ready; index++) {
    out[index].token = (uint32_t)events[index].data.u64;
    out[index].events = events[index].events;
  }
  return ready;
}
