// TLS, server side, in the same plain types: mbedTLS stays behind this page.
//
// Boards without TLS (SWIFTLET_TLS undefined) have the same functions; each of them refuses.
#ifndef CLINUX_TLS_H
#define CLINUX_TLS_H
#include <stdbool.h>
#include <stdint.h>

// Why TLS was refused, as negative numbers beyond those of errno.
static const int32_t LINUX_TLS_NO_MEMORY = -1001;
static const int32_t LINUX_TLS_NOT_SPOKEN = -1002;
static const int32_t LINUX_TLS_VERSION = -1003;
static const int32_t LINUX_TLS_CIPHER = -1004;
static const int32_t LINUX_TLS_NO_CERTIFICATE = -1005;
static const int32_t LINUX_TLS_EXPIRED = -1006;
static const int32_t LINUX_TLS_NOT_YET_VALID = -1007;
static const int32_t LINUX_TLS_REVOKED = -1008;
static const int32_t LINUX_TLS_NOT_TRUSTED = -1009;
static const int32_t LINUX_TLS_UNFIT = -1010;
static const int32_t LINUX_TLS_UNKNOWN_IDENTITY = -1011;
static const int32_t LINUX_TLS_DAMAGED = -1012;
static const int32_t LINUX_TLS_BROKEN_OFF = -1013;
static const int32_t LINUX_TLS_LOST = -1014;
static const int32_t LINUX_TLS_FAILED = -1015;
static const int32_t LINUX_TLS_PROTOCOL = -1016;
// Errors of a configuration alone.
static const int32_t LINUX_TLS_ENCRYPTED_KEY = -1017;
static const int32_t LINUX_TLS_MALFORMED = -1018;
static const int32_t LINUX_TLS_KEY_MISMATCH = -1019;
static const int32_t LINUX_TLS_UNAVAILABLE = -1020;
static const int32_t LINUX_TLS_NO_VERSION = -1022;
static const int32_t LINUX_TLS_NO_CIPHER = -1024;
static const int32_t LINUX_TLS_EMPTY_FOLDER = -1023;
// Its handshake did not go on.
static const int32_t LINUX_TLS_TOO_SLOW = -1025;
// There are as many sessions as there may be, or as may be from its address.
static const int32_t LINUX_TLS_NO_PLACE = -1021;
static const int32_t LINUX_TLS_NO_SHARE = -1026;
// Warnings, or records of a handshake, that come without end.
static const int32_t LINUX_TLS_ENDLESS = -1027;
// It wants another handshake.
static const int32_t LINUX_TLS_AGAIN = -1028;
// Its certificates would take too long to verify.
static const int32_t LINUX_TLS_LONG_CHAIN = -1029;

// A certificate or key of a kind that the library does not know.
static const int32_t LINUX_TLS_UNKNOWN_KIND = -1030;
// The list of revoked certificates has not been renewed in time.
static const int32_t LINUX_TLS_OLD_LIST = -1031;

// Warnings: a name among others that is no cipher suite, and a certificate whose issuer is in no file.
static const int32_t LINUX_TLS_UNKNOWN_CIPHER = -1032;
static const int32_t LINUX_TLS_LONE_CERTIFICATE = -1033;

// A certificate that the peer's hangs on, not its own.
static const int32_t LINUX_TLS_ISSUER_EXPIRED = -1034;
static const int32_t LINUX_TLS_ISSUER_UNFIT = -1035;

// MARK: Memory

// All that the library may use: `heap` for its small things, `buffers` in `count` slots of
// `LINUX_TLS_BUFFER_BYTES`, on page boundaries, for the two record buffers of each connection, and
// `free_slots` with a number for each. The bytes are zero.
struct linux_tls_memory {
  uint8_t *_Nonnull heap;
  uint8_t *_Nonnull buffers;
  uint32_t *_Nonnull free_slots;
  uint32_t heap_bytes;
  uint32_t buffer_count;
};
// Five pages: a record of 16 KiB and what stands around it.
static const uint32_t LINUX_TLS_BUFFER_BYTES = 20480;
void linux_tls_set_memory(struct linux_tls_memory memory);

// What is in use of the heap, in bytes; `heap_refused` counts what it had no room for.
struct linux_tls_use {
  uint32_t heap_bytes;
  uint32_t heap_peak;
  uint32_t heap_refused;
  uint32_t buffers;
  uint32_t buffers_peak;
};
struct linux_tls_use linux_tls_memory_use(void);

// MARK: Configurations

// What one listener shows and asks for. It lives until nobody refers to it any more: neither
// whoever made it nor a session.
struct linux_tls_configuration;
struct linux_tls_options {
  // 0 for whatever is safe, or the lowest version: 12 or 13.
  uint8_t lowest_version;
  bool requires_certificate;
  // The peer's identity is the whole subject of its certificate, not the common name alone.
  bool shows_subject;
  // A listener for WebSocket: `http/1.1` is offered by name beside `mqtt`.
  bool is_web;
  // Certificates of clients are taken before and after their time.
  bool ignores_dates;
};
// NULL when there is no memory for it.
struct linux_tls_configuration *_Nullable linux_tls_configuration_make(void);
// Bytes of files, PEM or DER; behind the last of them, at `bytes[count]`, stands a zero.
int32_t linux_tls_add_certificate(
  struct linux_tls_configuration *_Nonnull to, const uint8_t *_Nonnull bytes, uint64_t count);
int32_t linux_tls_set_key(
  struct linux_tls_configuration *_Nonnull to, const uint8_t *_Nonnull bytes, uint64_t count);
int32_t linux_tls_add_authority(
  struct linux_tls_configuration *_Nonnull to, const uint8_t *_Nonnull bytes, uint64_t count);
// Of a folder, in which other files may lie, and the same ones under several names.
int32_t linux_tls_add_authority_of_folder(
  struct linux_tls_configuration *_Nonnull to, const uint8_t *_Nonnull bytes, uint64_t count);
// Which certificate of the file that was given last could not be taken, counted from 1; 0 for none, or where
// they are not counted.
uint32_t linux_tls_bad_certificate(const struct linux_tls_configuration *_Nonnull in);
// Whether ours, once all is finished, stands alone, and who has signed it is known from no file.
bool linux_tls_lacks_issuer(struct linux_tls_configuration *_Nonnull of);
bool linux_tls_has_authority(const struct linux_tls_configuration *_Nonnull in);
int32_t linux_tls_add_revocations(
  struct linux_tls_configuration *_Nonnull to, const uint8_t *_Nonnull bytes, uint64_t count);
// Lines of `identity:key in hexadecimal`.
int32_t linux_tls_set_identities(
  struct linux_tls_configuration *_Nonnull to, const uint8_t *_Nonnull bytes, uint64_t count);
// The name of a cipher suite to be spoken, as OpenSSL or as mbedTLS writes it.
int32_t linux_tls_add_cipher(
  struct linux_tls_configuration *_Nonnull to, const uint8_t *_Nonnull names, uint64_t count);
// The last step: from here on the configuration does not change.
int32_t linux_tls_configuration_finish(
  struct linux_tls_configuration *_Nonnull of, struct linux_tls_options options);
// Refers to it once more, and once less.
void linux_tls_configuration_hold(struct linux_tls_configuration *_Nonnull of);
void linux_tls_configuration_release(struct linux_tls_configuration *_Nonnull of);

// MARK: Work

// The functions of a session are given how many units of work they may do, and take off what they have
// done: they begin no other record once nothing is left, so the last one may lead below zero. A call of
// the system that each of them makes is the caller's to pay; what is below is for all beyond that.
static const int64_t LINUX_TLS_WORK_RECORD = 32;
static const int64_t LINUX_TLS_WORK_CALL = 48;
// Bytes that are encrypted or decrypted for one unit.
static const int64_t LINUX_TLS_WORK_BYTES = 8;

// MARK: Sessions

struct linux_tls_session;
// NULL when there is no memory for it.
struct linux_tls_session *_Nullable linux_tls_session_open(
  struct linux_tls_configuration *_Nonnull with, int32_t descriptor);
// What a handshake has come to.
static const int32_t LINUX_TLS_DONE = 0;
static const int32_t LINUX_TLS_WANTS_READ = 1;
static const int32_t LINUX_TLS_WANTS_WRITE = 2;
// It could go on, but has taken enough of this turn.
static const int32_t LINUX_TLS_WANTS_TURN = 3;
// Goes on with the handshake, up to the end of the next step that computes much.
int32_t linux_tls_handshake(struct linux_tls_session *_Nonnull session, int64_t *_Nonnull work);
// Receives what is there, as far as work goes; 0 when the peer has closed, -EAGAIN when nothing more
// is there of what the socket does not tell.
int64_t linux_tls_receive(
  struct linux_tls_session *_Nonnull session, uint8_t *_Nonnull bytes, uint64_t capacity,
  int64_t *_Nonnull work);
// Whether bytes were received that the socket will not tell of any more.
bool linux_tls_has_received(const struct linux_tls_session *_Nonnull session);
// Whether the library has taken bytes over that wait for the socket. They were not told as taken, and
// are the first that leave: the next pieces have to begin with them.
bool linux_tls_holds(const struct linux_tls_session *_Nonnull session);
// Sends pieces in order, as far as the socket takes them and work goes; the bytes taken.
int64_t linux_tls_send(
  struct linux_tls_session *_Nonnull session, const struct linux_piece *_Nonnull pieces,
  uint32_t count, int64_t *_Nonnull work);
// Writes the name of the peer's certificate, or its PSK identity; the length, 0 when it has none.
uint32_t linux_tls_identity(
  struct linux_tls_session *_Nonnull session, uint8_t *_Nonnull out, uint32_t capacity);
// Says goodbye, if it can be said at once, and lets go of the session; not of its socket.
void linux_tls_session_close(struct linux_tls_session *_Nonnull session);
#endif
