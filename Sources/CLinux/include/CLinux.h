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
// Gives back the pages that only the start has needed, of text and of stack; only where every
// kilobyte counts. What is needed again is read again.
void linux_forget_start(void);
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

// The other end of a connection: four or sixteen bytes of address, in the order of the network, and
// the port, in the order of this machine.
struct linux_peer {
  uint8_t bytes[16];
  uint16_t port;
  // 4 or 6 for a version of IP, 1 for a socket of the file system.
  uint8_t family;
};
// Bytes to be sent with others in one call.
struct linux_piece {
  const uint8_t *_Nullable base;
  uint64_t count;
};
// Most pieces that one call of `linux_send` takes.
static const uint32_t LINUX_PIECES_MAX = 64;

// Opens a listening socket that does not block. `address` is numeric or a name of /etc/hosts, NULL for
// all; `family` is 4, 6 or 0 for what the address says (all addresses of both, when there is none).
// -EINVAL when there is no address of that family.
int32_t linux_listen_tcp(
  const uint8_t *_Nullable address, uint16_t port, int32_t family, int32_t backlog,
  uint16_t *_Nullable bound_port);
// Whether an address is a name and no number.
bool linux_is_name(const uint8_t *_Nonnull address);
// Whether a socket can be bound to an address, at some port: 0 or what the system says.
int32_t linux_can_bind(const uint8_t *_Nonnull address, int32_t family);
// Opens a listening socket in the file system, whose file has these rights. What a broker that was
// killed left there is removed, if nobody listens on it; -EADDRINUSE if somebody does, -EEXIST if
// it is no socket.
int32_t linux_listen_unix(const uint8_t *_Nonnull path, uint32_t mode, int32_t backlog);
// Writes the address that an interface has in a family (4 or 6), `wanted` if it is one of several,
// with a closing zero into 64 bytes; its length, 0 when it has none. -ENODEV: no such interface.
// Those of the link alone (fe80::) are passed over.
int32_t linux_interface_address(
  const uint8_t *_Nonnull name, int32_t family, const uint8_t *_Nullable wanted,
  uint8_t *_Nonnull out);
// How many listening sockets the supervisor has opened and handed over, from descriptor 3 on.
uint32_t linux_inherited_sockets(void);
// 1 if such a socket listens where this listener is to be, 0 if not; it then does not block.
int32_t linux_listens_at(
  int32_t descriptor, const uint8_t *_Nullable path, const uint8_t *_Nullable address,
  uint16_t port, int32_t family);
// Sets what every connection inherits that comes in by a listening socket: peers that have died are
// found out (SO_KEEPALIVE, TCP_USER_TIMEOUT), and if it is to send `at_once`, it waits for no
// acknowledgement before it sends a small packet (TCP_NODELAY). Nothing for one in the file system.
void linux_prepare_listener(int32_t listener, bool at_once);
// Accepts one connection, which does not block; its descriptor.
int32_t linux_accept(int32_t listener, struct linux_peer *_Nonnull peer);
// Receives what is there; 0 when the peer has closed, -EAGAIN when nothing is there yet.
int64_t linux_receive(int32_t descriptor, uint8_t *_Nonnull bytes, uint64_t capacity);
// Looks at what is there and leaves it there.
int64_t linux_peek(int32_t descriptor, uint8_t *_Nonnull bytes, uint64_t capacity);
// Lets a socket be found readable only once so many bytes are there, or its end; 1 for any.
void linux_set_receive_threshold(int32_t descriptor, uint64_t count);
// Forgets so many bytes that are there.
void linux_skip(int32_t descriptor, uint64_t count);
// Forgets what the peer has sent and nobody will read: how many bytes, 0 behind its last, or a negative
// errno.
int64_t linux_discard_input(int32_t descriptor);
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
// The first of the real-time signals, whose number differs between C libraries.
static const int32_t LINUX_SIGNAL_REAL_TIME = 64;

// Keeps those signals from interrupting, ignores the one for broken pipes, and opens a descriptor
// that is readable when one has come.
int32_t linux_signals_open(void);
// The next signal that has come, or -EAGAIN.
int32_t linux_signals_read(int32_t descriptor);

// MARK: Files

// Writes bytes to a descriptor; the count written.
int64_t linux_write(int32_t descriptor, const uint8_t *_Nonnull bytes, uint64_t count);
// Writes a whole line; 0, or -EAGAIN when a reader is so slow that this would wait for it, or what
// the system says: then a part of it may have been written.
int32_t linux_write_line(int32_t descriptor, const uint8_t *_Nonnull bytes, uint64_t count);
// Reads a whole file; its length, or -EFBIG when it is longer than `capacity`.
int64_t linux_read_file(
  const uint8_t *_Nonnull path, uint8_t *_Nonnull bytes, uint64_t capacity);
// Whether we may write to a file, or make it: 0 or what the system says.
int32_t linux_may_write(const uint8_t *_Nonnull path);
// Reads a whole file but for the text of its comments, lines whose first byte that is no blank is `#`:
// of those the end of the line is kept. Its length then, or -EFBIG when that is more than `capacity`.
int64_t linux_read_statements(
  const uint8_t *_Nonnull path, uint8_t *_Nonnull bytes, uint64_t capacity);
// Most bytes of the name of a folder that `linux_next_path` takes, and of a path that it writes.
static const uint32_t LINUX_FOLDER_MAX = 190;
static const uint32_t LINUX_PATH_MAX = 448;
// Clears bytes that were a secret; the compiler does not leave it out.
void linux_forget(uint8_t *_Nonnull bytes, uint64_t count);
// Writes `folder/name` for the name that comes next in the folder, in the order of bytes, after the
// one in `path` (an empty text at first), among those that end with `suffix` and have more than it;
// the length of the path, 0 when there is no further one. The folder's name need not end with zero.
int32_t linux_next_path(
  const uint8_t *_Nonnull folder, uint32_t folder_length, const uint8_t *_Nonnull suffix,
  uint8_t *_Nonnull path);
// Writes a whole file in place of what was there.
int32_t linux_write_file(
  const uint8_t *_Nonnull path, const uint8_t *_Nonnull bytes, uint64_t count, uint32_t mode);
// Opens a file to write at its end, and makes it when there is none.
int32_t linux_open_append(const uint8_t *_Nonnull path, uint32_t mode);
// Whether this user may read a file or a folder now.
bool linux_may_read(const uint8_t *_Nonnull path);
// The rights of a file (four octal digits), and whether it belongs to this user or to root.
int32_t linux_file_mode(const uint8_t *_Nonnull path, bool *_Nonnull is_own);
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
// Shows what is typed at standard input, or shows it no more; nothing where that is no terminal.
void linux_terminal_echo(bool is_on);
// Reads a line of standard input, without its end; its length, or -EFBIG when it is longer.
int64_t linux_read_line(uint8_t *_Nonnull bytes, uint64_t capacity);
// Puts a new file in the place of one, or of none: whole, on the disk, or not at all. Owner and mode
// stay; where there was none, its owner alone may read it. What cannot be replaced is written over.
int32_t linux_replace_file(
  const uint8_t *_Nonnull path, const uint8_t *_Nonnull bytes, uint64_t count);

// MARK: Users

// A user of this machine, by numbers.
struct linux_user {
  uint32_t user;
  uint32_t group;
};
// Looks a user up in /etc/passwd; -ENOENT when there is none of that name.
int32_t linux_find_user(const uint8_t *_Nonnull name, struct linux_user *_Nonnull user);
// Whether this process may do as it likes.
bool linux_is_root(void);
// Takes the rights of a user and of the groups it is in, with a way back: what is opened or made
// from now on, the user may open again.
int32_t linux_act_as_user(
  const uint8_t *_Nonnull name, const struct linux_user *_Nonnull user);
// Goes back to root's rights for a while.
int32_t linux_act_as_root(void);
// Takes the rights of a user for good: there is no way back, and that is checked.
int32_t linux_become_user(const struct linux_user *_Nonnull user);

// MARK: Confinement

// From now on the process asks nothing of the system but what a running broker needs, opens no
// sockets but those of this machine, and gets no memory. -EINVAL or -ENOSYS: the kernel cannot.
int32_t linux_confine(void);
// Makes every page that is mapped now resident, and keeps it so.
int32_t linux_lock_memory(void);

// MARK: Daemons of the machine

// Sends one line to the system's log, and connects to it when `descriptor` is negative or broken;
// facility and severity as in RFC 3164. -EAGAIN: the log is slow, and the line is lost.
int32_t linux_syslog(
  int32_t *_Nonnull descriptor, uint32_t facility, uint32_t severity,
  const uint8_t *_Nonnull bytes, uint64_t count);
// Opens the socket on which the supervisor (systemd) wants to be told; -ENOENT: it does not.
int32_t linux_notify_open(void);
// Tells the supervisor something.
int32_t linux_notify(int32_t descriptor, const uint8_t *_Nonnull bytes, uint64_t count);
// In which time the supervisor wants to hear from us, again and again; 0: it does not.
uint64_t linux_watchdog_microseconds(void);
// The clock that the supervisor wants a reload to be stamped with.
int64_t linux_monotonic_microseconds(void);

// MARK: Digests

// Writes the 20 bytes that SHA-1 makes of some others: for the handshake of WebSocket alone.
int32_t linux_sha1(
  const uint8_t *_Nonnull bytes, uint64_t count, uint8_t *_Nonnull digest);

// MARK: Errors

// Errors that the broker answers each in its own way, with the same numbers on every machine.
static const int32_t LINUX_ERROR_NOT_FOUND = 2;
static const int32_t LINUX_ERROR_AGAIN = 11;
static const int32_t LINUX_ERROR_IS_FOLDER = 21;
static const int32_t LINUX_ERROR_NO_DEVICE = 19;
static const int32_t LINUX_ERROR_INVALID = 22;
static const int32_t LINUX_ERROR_SYSTEM_DESCRIPTORS = 23;
static const int32_t LINUX_ERROR_PROCESS_DESCRIPTORS = 24;
static const int32_t LINUX_ERROR_FILE_TOO_LARGE = 27;
// MIPS has a number of its own for this one.
extern const int32_t LINUX_ERROR_IN_USE;

// What an errno, of either sign, means; never NULL.
const uint8_t *_Nonnull linux_error_words(int32_t error);

#include "CLinuxTLS.h"
#endif
