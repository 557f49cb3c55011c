// What the Swift module of the C library leaves out: epoll, pinning to a core, and streams through
// TLS (OpenSSL) and WebSocket.
#ifndef C_BENCH_H
#define C_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/types.h>
#include <sys/uio.h>

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

// Makes a connected descriptor that waits a stream through TLS, WebSocket or both, with their
// handshakes; 0, or -1 when the peer did not agree. `resumes`: with the session of the stream that
// was made last, if it was given one.
int bench_open(int descriptor, bool has_tls, bool has_web_socket, bool resumes);
// Whether the session of that stream was resumed.
bool bench_was_resumed(int descriptor);
// As read() and writev(); what is written is taken whole, and what the socket would not take waits.
ssize_t bench_read(int descriptor, void *bytes, size_t capacity);
ssize_t bench_writev(int descriptor, const struct iovec *vectors, int count);
// Whether written bytes wait for the socket, and another try at them.
bool bench_waits(int descriptor);
bool bench_flush(int descriptor);
// Whether bytes were read that epoll tells nothing of.
bool bench_has_more(int descriptor);
void bench_close(int descriptor);

#endif
