#include "addresses.h"
#include <netinet/tcp.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int32_t set_option(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

// Nobody answers for so long: the peer is taken for dead. The kernel sends no probe more once the time
// for what was sent is over, so that is as long as all the probes take.
enum { IDLE_SECONDS = 120, PROBE_SECONDS = 30, PROBES = 4 };
enum { DEAD_MILLISECONDS = (IDLE_SECONDS + PROBES * PROBE_SECONDS) * 1000 };

void linux_prepare_listener(int32_t listener, bool at_once) {
  int family = AF_UNIX;
  socklen_t length = sizeof family;
  if (getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &family, &length) < 0 || family == AF_UNIX) return;
  // A kernel that refuses one of them does without.
  (void)set_option(listener, IPPROTO_TCP, TCP_KEEPIDLE, IDLE_SECONDS);
  (void)set_option(listener, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_SECONDS);
  (void)set_option(listener, IPPROTO_TCP, TCP_KEEPCNT, PROBES);
  (void)set_option(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MILLISECONDS);
  (void)set_option(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
  (void)set_option(listener, IPPROTO_TCP, TCP_NODELAY, at_once);
}

static int32_t bind_and_listen(
  int descriptor, const union address *address, socklen_t length, bool six_alone,
  int32_t backlog) {
  int32_t error = set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (error == 0 && address->any.sa_family == AF_INET6) {
    error = set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, six_alone);
  }
  if (error < 0) return error;
  // Before the first connection can come in.
  linux_prepare_listener(descriptor, true);
  if (bind(descriptor, &address->any, length) < 0) return -errno;
  return listen(descriptor, backlog) < 0 ? -errno : 0;
}

static int32_t port_of(int descriptor, uint16_t *port) {
  union address address;
  socklen_t length = sizeof address;
  if (getsockname(descriptor, &address.any, &length) < 0) return -errno;
  *port = address_port(&address);
  return 0;
}

int32_t linux_listen_tcp(
  const uint8_t *text, uint16_t port, int32_t family, int32_t backlog, uint16_t *bound_port) {
  union address address;
  int32_t length = address_from_text(&address, (const char *)text, family, port);
  if (length < 0) return length;
  bool both = family == 0 && !text;
  // TCP: ordered, lossless, both ways. [MQTT-7.1.1-1]
  int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  int descriptor = socket(address.any.sa_family, type, IPPROTO_TCP);
  // A kernel without the sixth version: all addresses are those of the fourth.
  if (descriptor < 0 && errno == EAFNOSUPPORT && both) {
    return linux_listen_tcp(0, port, 4, backlog, bound_port);
  }
  if (descriptor < 0) return -errno;
  int32_t error = bind_and_listen(descriptor, &address, (socklen_t)length, !both, backlog);
  if (error == 0 && bound_port) error = port_of(descriptor, bound_port);
  if (error == 0) return descriptor;
  close(descriptor);
  return error;
}

int32_t linux_can_bind(const uint8_t *text, int32_t family) {
  union address address;
  int32_t length = address_from_text(&address, (const char *)text, family, 0);
  // A name may have addresses of both, and those of the sixth may not be there.
  if (length < 0) return length;
  int descriptor = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return -errno;
  int32_t error = bind(descriptor, &address.any, (socklen_t)length) < 0 ? -errno : 0;
  close(descriptor);
  return error;
}

static struct linux_peer peer_at(const union address *address) {
  struct linux_peer peer = {.port = address_port(address), .family = 1};
  if (address->any.sa_family == AF_INET) {
    peer.family = 4;
    memcpy(peer.bytes, &address->four.sin_addr, 4);
  } else if (address->any.sa_family == AF_INET6) {
    peer.family = 6;
    memcpy(peer.bytes, &address->six.sin6_addr, 16);
  }
  return peer;
}

int32_t linux_accept(int32_t listener, struct linux_peer *peer) {
  union address address = {.any.sa_family = AF_UNIX};
  socklen_t length = sizeof address;
  int descriptor;
  RETRIED(descriptor, accept4(listener, &address.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (descriptor < 0) return -errno;
  *peer = peer_at(&address);
  return descriptor;
}

int64_t linux_receive(int32_t descriptor, uint8_t *bytes, uint64_t capacity) {
  ssize_t count;
  RETRIED(count, recv(descriptor, bytes, (size_t)capacity, MSG_DONTWAIT));
  return count < 0 ? -errno : count;
}

int64_t linux_peek(int32_t descriptor, uint8_t *bytes, uint64_t capacity) {
  ssize_t count;
  RETRIED(count, recv(descriptor, bytes, (size_t)capacity, MSG_DONTWAIT | MSG_PEEK));
  return count < 0 ? -errno : count;
}

void linux_set_receive_threshold(int32_t descriptor, uint64_t count) {
  int bytes = count < INT32_MAX ? (int)count : INT32_MAX;
  setsockopt(descriptor, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

// TCP drops bytes without copying them anywhere; other sockets, and emulators, want a place for them.
static int64_t drop(int32_t descriptor, uint64_t count, uint64_t most_copied) {
  uint8_t scrap[512];
  ssize_t dropped = recv(descriptor, 0, (size_t)count, MSG_DONTWAIT | MSG_TRUNC);
  if (dropped >= 0 || errno == EAGAIN) return dropped < 0 ? -EAGAIN : dropped;
  uint64_t left = most_copied;
  do {
    size_t most = left < sizeof scrap ? (size_t)left : sizeof scrap;
    RETRIED(dropped, recv(descriptor, scrap, most, MSG_DONTWAIT));
    if (dropped > 0) left -= (uint64_t)dropped;
  } while (dropped > 0 && left > 0);
  return dropped < 0 ? -errno : dropped == 0 ? 0 : (int64_t)(most_copied - left);
}

void linux_skip(int32_t descriptor, uint64_t count) {
  drop(descriptor, count, count);
}

int64_t linux_discard_input(int32_t descriptor) {
  return drop(descriptor, INT32_MAX, 4096);
}

int64_t linux_send(int32_t descriptor, const struct linux_piece *pieces, uint32_t count) {
  struct iovec gathered[64];
  if (count > LINUX_PIECES_MAX) count = LINUX_PIECES_MAX;
  for (uint32_t index = 0; index < count; index++) {
    gathered[index].iov_base = (void *)(uintptr_t)pieces[index].base;
    gathered[index].iov_len = (size_t)pieces[index].count;
  }
  struct msghdr message = {.msg_iov = gathered, .msg_iovlen = count};
  ssize_t sent;
  RETRIED(sent, sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
  return sent < 0 ? -errno : sent;
}

int32_t linux_shutdown_write(int32_t descriptor) {
  return shutdown(descriptor, SHUT_WR) < 0 ? -errno : 0;
}
