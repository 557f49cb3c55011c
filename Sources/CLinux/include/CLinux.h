// What Swiftlet asks of Linux, in types that are the same on every machine: no system header is
// included here, so that the Swift side never depends on one architecture's layouts.
//
// A function that can fail returns zero or more when it succeeded and a negative errno when not.
// A call interrupted by a signal is made again, unless its comment says otherwise. None allocates.
// Text that comes in or goes out as a bare pointer ends with a zero; its bytes are `uint8_t`, since
// `char` has a sign on some machines and none on others.
#ifndef CLINUX_H
#define CLINUX_H
#include <stdbool.h>
#include <stdint.h>

// MARK: Memory

// Maps `count` zeroed bytes that are resident only once touched; NULL when the system refuses.
void *_Nullable linux_map(uint64_t count);
// Fills the bytes from the system's random source.
int32_t linux_random(uint8_t *_Nonnull bytes, uint64_t count);

// MARK: Time

// Wall-clock seconds, for people to read; intervals are measured on the boot-time clock.
int64_t linux_seconds_since_1970(void);
// Milliseconds since the machine started, asleep or awake; never set back.
int64_t linux_boottime_milliseconds(void);
// The same in microseconds.
int64_t linux_boottime_microseconds(void);
// Reads the time zone; called once at start, since the C library may allocate to hold its name.
void linux_read_time_zone(void);
// Writes local time after a strftime format, without a closing zero; the length written,
// 0 when it does not fit. Conversions: a b d e F H I j m M p R s S T y Y z Z %.
uint32_t linux_local_time(
  int64_t seconds, const uint8_t *_Nonnull format, uint8_t *_Nonnull out, uint32_t capacity);

// MARK: Sockets

// The other end of a connection.
struct linux_peer {
  uint8_t text[64];
  uint8_t text_length;
  uint16_t port;
  // The address as a number, of the sixth version the network's 64 bits; 0 for none.
  uint64_t network;
};
// Bytes to be sent with others in one call.
struct linux_piece {
  const uint8_t *_Nullable base;
  uint64_t count;
};
// Most pieces that one call of `linux_send` takes.
static const uint32_t LINUX_PIECES_MAX = 64;

// Opens a listening socket that does not block. `address` is numeric or `localhost`, NULL for all;
// `family` is 4, 6 or 0 for what the address says (all addresses of both, when there is none).
// -EINVAL when the address is no number of that family.
int32_t linux_listen_tcp(
  const uint8_t *_Nullable address, uint16_t port, int32_t family, int32_t backlog,
  uint16_t *_Nullable bound_port);
// Accepts one connection, which does not block and sends without delay; its descriptor.
int32_t linux_accept(int32_t listener, struct linux_peer *_Nonnull peer);
// Receives what is there; 0 when the peer has closed, -EAGAIN when nothing is there yet.
int64_t linux_receive(int32_t descriptor, uint8_t *_Nonnull bytes, uint64_t capacity);
// Sends pieces in order with one call, as far as the socket takes them; the bytes taken.
int64_t linux_send(int32_t descriptor, const struct linux_piece *_Nonnull pieces, uint32_t count);
// Tells the peer that no more will be sent.
int32_t linux_shutdown_write(int32_t descriptor);
// Closes any descriptor.
void linux_close(int32_t descriptor);

// MARK: Waiting

// Readiness, with the same numbers for poll and epoll.
static const uint32_t LINUX_READABLE = 0x01;
static const uint32_t LINUX_WRITABLE = 0x04;
// An error or a hang-up: told whether asked for or not.
static const uint32_t LINUX_CLOSED = 0x18;

// One descriptor to wait for; a negative one is passed over.
struct linux_poll_entry {
  int32_t descriptor;
  int16_t events;
  int16_t returned;
};
// Waits at most so long (negative: for ever); how many are ready, 0 also when a signal came.
int32_t linux_poll(
  struct linux_poll_entry *_Nonnull entries, uint32_t count, int32_t timeout_milliseconds);

// What `linux_epoll_set` does.
static const int32_t LINUX_EPOLL_ADD = 1;
static const int32_t LINUX_EPOLL_REMOVE = 2;
static const int32_t LINUX_EPOLL_MODIFY = 3;
// One descriptor that is ready, by the token it was added with.
struct linux_ready {
  uint32_t token;
  uint32_t events;
};
// Most entries that one call of `linux_epoll_wait` fills.
static const uint32_t LINUX_READY_MAX = 256;

// Opens an epoll descriptor.
int32_t linux_epoll_open(void);
// Adds, modifies or removes a descriptor in it.
int32_t linux_epoll_set(
  int32_t epoll, int32_t operation, int32_t descriptor, uint32_t events, uint32_t token);
// Waits as `linux_poll` does; how many entries of `out` were filled.
int32_t linux_epoll_wait(
  int32_t epoll, struct linux_ready *_Nonnull out, uint32_t capacity,
  int32_t timeout_milliseconds);

// MARK: Signals

// The signals that `linux_signals_read` tells, with the same numbers on every machine.
static const int32_t LINUX_SIGNAL_HANG_UP = 1;
static const int32_t LINUX_SIGNAL_INTERRUPT = 2;
static const int32_t LINUX_SIGNAL_USER_1 = 10;
static const int32_t LINUX_SIGNAL_USER_2 = 12;
static const int32_t LINUX_SIGNAL_TERMINATE = 15;

// Keeps those signals from interrupting, ignores the one for broken pipes, and opens a descriptor
// that is readable when one has come.
int32_t linux_signals_open(void);
// The next signal that has come, or -EAGAIN.
int32_t linux_signals_read(int32_t descriptor);

// MARK: Files

// Writes bytes to a descriptor; the count written.
int64_t linux_write(int32_t descriptor, const uint8_t *_Nonnull bytes, uint64_t count);
// Reads a whole file; its length, or -EFBIG when it is longer than `capacity`.
int64_t linux_read_file(
  const uint8_t *_Nonnull path, uint8_t *_Nonnull bytes, uint64_t capacity);
// Writes a whole file in place of what was there.
int32_t linux_write_file(
  const uint8_t *_Nonnull path, const uint8_t *_Nonnull bytes, uint64_t count, uint32_t mode);
// Opens a file to write at its end, and makes it when there is none.
int32_t linux_open_append(const uint8_t *_Nonnull path, uint32_t mode);
// Removes a file.
int32_t linux_remove_file(const uint8_t *_Nonnull path);

// MARK: Process

// The number of this process.
int32_t linux_process_identifier(void);
// Allows up to `wanted` descriptors, as far as the system permits; the limit now in force.
int64_t linux_raise_descriptor_limit(uint64_t wanted);
// Goes on in the background, away from the terminal; the foreground process ends with 0.
int32_t linux_daemonise(void);

// MARK: Passwords

// Begins to hash a password: PBKDF2 with HMAC-SHA-512 when there are iterations, else SHA-512 of the
// password and the salt behind it, once. What was being hashed before is given up.
void linux_hash_begin(
  const uint8_t *_Nullable password, uint64_t count, const uint8_t *_Nonnull salt,
  uint32_t salt_count, uint32_t iterations);
// Goes on, so many iterations at most; how many are left.
uint32_t linux_hash_continue(uint32_t iterations);
// Writes the 64 bytes of the digest, when no iteration is left, and forgets it.
void linux_hash_finish(uint8_t *_Nonnull digest);

// MARK: Errors

// Errors that the broker answers each in its own way.
static const int32_t LINUX_ERROR_NOT_FOUND = 2;
static const int32_t LINUX_ERROR_AGAIN = 11;
static const int32_t LINUX_ERROR_IN_USE = 98;
static const int32_t LINUX_ERROR_INVALID = 22;
static const int32_t LINUX_ERROR_SYSTEM_DESCRIPTORS = 23;
static const int32_t LINUX_ERROR_PROCESS_DESCRIPTORS = 24;
static const int32_t LINUX_ERROR_FILE_TOO_LARGE = 27;

// What an errno, of either sign, means; never NULL.
const uint8_t *_Nonnull linux_error_words(int32_t error);

#include "CLinuxTLS.h"
#endif
