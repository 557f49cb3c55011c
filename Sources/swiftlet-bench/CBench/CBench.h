// What the Swift module of the C library leaves out: epoll, and pinning to a core.
#ifndef C_BENCH_H
#define C_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>

static inline int bench_epoll(int epoll, int operation, int descriptor, uint32_t events,
                              uint32_t tag) {
  struct epoll_event event = {.events = events};
  event.data.u32 = tag;
  return epoll_ctl(epoll, operation, descriptor, &event);
}

static inline int bench_pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  return sched_setaffinity(0, sizeof set, &set);
}

static inline int bench_errno(void) { return errno; }

#endif
