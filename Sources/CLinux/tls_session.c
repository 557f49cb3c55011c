#include "tls.h"
#ifdef SWIFTLET_TLS
#include <mbedtls/error.h>
#include <string.h>
#include <sys/socket.h>

enum { RECORD_MAX = 16384, UNIT_HEAD_MAX = 10 };
enum { FRAGMENT_MIN = 512 };
// A handshake takes six records at most, or some more where messages come in small pieces. OpenSSL has the
// same patience with alerts.
enum { HANDSHAKE_RECORDS_MAX = 24, ALERTS_MAX = 5, PIECES_OF_HANDSHAKE_MAX = 96 };

// MARK: Work

static void begin_work(struct linux_tls_session *session, const int64_t *work) {
  session->work = *work;
  session->calls = 0;
}

static void pay_call(struct linux_tls_session *session) {
  if (session->calls++ > 0) session->work -= LINUX_TLS_WORK_CALL;
}

static void pay_record(struct linux_tls_session *session, uint32_t length) {
  session->work -= LINUX_TLS_WORK_RECORD + length / LINUX_TLS_WORK_BYTES;
}

// MARK: Bytes

static int send_bytes(struct linux_tls_session *session, const uint8_t *bytes, size_t count) {
  pay_call(session);
  int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (session->has_more ? MSG_MORE : 0);
  ssize_t sent;
  RETRIED(sent, send(session->descriptor, bytes, count, flags));
  if (sent >= 0) return (int)sent;
  return errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_CONN_EOF;
}

// Makes records of so many bytes at most of one that is not encrypted yet; their length.
static uint32_t split(const uint8_t *record, size_t count, uint32_t fragment, uint8_t *out) {
  uint32_t length = 0;
  for (size_t at = RECORD_HEAD; at < count;) {
    uint32_t taken = count - at < fragment ? (uint32_t)(count - at) : fragment;
    memcpy(out + length, record, RECORD_HEAD);
    out[length + 3] = (uint8_t)(taken >> 8);
    out[length + 4] = (uint8_t)taken;
    memcpy(out + length + RECORD_HEAD, record + at, taken);
    length += RECORD_HEAD + taken;
    at += taken;
  }
  return length;
}

// The library agrees on short records and then sends its certificate in one, which devices of little memory
// cannot take. A record that has left in part is made again when the rest may leave.
static int send_fragments(struct linux_tls_session *session, const uint8_t *bytes, size_t count) {
  static uint8_t records[RECORD_MAX + RECORD_HEAD * (RECORD_MAX / FRAGMENT_MIN + 1)];
  uint32_t length = split(bytes, count, session->fragment, records);
  int sent =
    send_bytes(session, records + session->fragments_sent, length - session->fragments_sent);
  if (sent < 0) return sent;
  session->fragments_sent += (uint32_t)sent;
  if (session->fragments_sent < length) return MBEDTLS_ERR_SSL_WANT_WRITE;
  session->fragments_sent = 0;
  return (int)count;
}

static int send_to_socket(void *context, const unsigned char *bytes, size_t count) {
  struct linux_tls_session *session = context;
  bool is_plain = !session->context.MEMBER(transform_out) && count <= RECORD_HEAD + RECORD_MAX;
  bool is_long = session->fragment > 0 && count > RECORD_HEAD + session->fragment;
  return is_plain && is_long ? send_fragments(session, bytes, count)
                             : send_bytes(session, bytes, count);
}

// Why a record that has begun to come is not taken; 0 for one that is.
//
// The library reads on within one call for as long as alerts come that it ignores. And a handshake
// message after the handshake it would answer with an alert: a record has room for 4,000 of them.
static int32_t refusal_of_record(struct linux_tls_session *session, uint8_t type) {
  session->alerts = type == MBEDTLS_SSL_MSG_ALERT ? session->alerts + 1 : 0;
  if (session->alerts > ALERTS_MAX) return LINUX_TLS_ENDLESS;
  if (session->context.MEMBER(state) == MBEDTLS_SSL_HANDSHAKE_OVER) {
    return type == MBEDTLS_SSL_MSG_HANDSHAKE ? LINUX_TLS_AGAIN : 0;
  }
  session->records += 1;
  return session->records > HANDSHAKE_RECORDS_MAX ? LINUX_TLS_ENDLESS : 0;
}

// Protocols that we do not know are as none: the library would refuse who names no other. What it offers
// belongs to the configuration, and is looked at next for this hello.
static void hear_hello(struct linux_tls_session *session, const uint8_t *hello, uint32_t length) {
  struct linux_tls_configuration *of = session->configuration;
  bool knows = tls_hello_offers(hello, length, of->protocols);
  of->settings.MEMBER(alpn_list) = knows ? of->protocols : 0;
  session->fragment = tls_hello_fragment(hello, length);
}

// The same when all of it has come; `end` is where it ends in the memory of the library.
static int32_t refusal_of_body(struct linux_tls_session *session, const uint8_t *end) {
  int state = session->context.MEMBER(state);
  if (session->header[0] != MBEDTLS_SSL_MSG_HANDSHAKE) return 0;
  uint32_t length = (uint32_t)session->header[3] << 8 | session->header[4];
  if (state == MBEDTLS_SSL_CLIENT_HELLO) hear_hello(session, end - length, length);
  if (state != MBEDTLS_SSL_CLIENT_CERTIFICATE) return 0;
  return tls_chain_is_bearable(end - length, length) ? 0 : LINUX_TLS_LONG_CHAIN;
}

// Follows the records along with the library, which asks for a header, then for what that announces.
static void follow(struct linux_tls_session *session, const uint8_t *bytes, uint32_t count) {
  if (session->rest_of_record > 0) {
    session->rest_of_record -= count < session->rest_of_record ? count : session->rest_of_record;
    if (session->rest_of_record == 0) session->refusal = refusal_of_body(session, bytes + count);
    return;
  }
  for (uint32_t index = 0; index < count && session->header_length < 5; index++) {
    session->header[session->header_length++] = bytes[index];
  }
  if (session->header_length < 5) return;
  session->header_length = 0;
  session->rest_of_record = (uint32_t)session->header[3] << 8 | session->header[4];
  pay_record(session, session->rest_of_record);
  session->refusal = refusal_of_record(session, session->header[0]);
}

static int receive_bytes(struct linux_tls_session *session, uint8_t *bytes, size_t capacity) {
  pay_call(session);
  int64_t count = linux_receive(session->descriptor, bytes, capacity);
  if (count == -EAGAIN) return MBEDTLS_ERR_SSL_WANT_READ;
  return count <= 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)count;
}

// MARK: Messages in pieces
//
// Devices of little memory send their certificate in records of some hundred bytes, and the library takes no
// message that is in several. So it is shown one record for each message, as long as nothing is encrypted.

static int refuse(struct linux_tls_session *session, int32_t refusal) {
  session->refusal = refusal;
  return MBEDTLS_ERR_SSL_CONN_EOF;
}

// Receives what is missing of the head of a record; 1 when all of it is there.
static int open_record(struct linux_tls_session *session) {
  struct tls_pieces *of = &session->pieces;
  if (of->rest > 0) return 1;
  while (of->head_length < RECORD_HEAD) {
    int count =
      receive_bytes(session, of->head + of->head_length, RECORD_HEAD - of->head_length);
    if (count < 0) return count;
    of->head_length += (uint8_t)count;
  }
  of->head_length = 0;
  of->rest = (uint32_t)of->head[3] << 8 | of->head[4];
  of->records += 1;
  return of->records > PIECES_OF_HANDSHAKE_MAX ? refuse(session, LINUX_TLS_ENDLESS) : 1;
}

// Receives bytes of a message, also from the records that follow.
static int receive_of_message(struct linux_tls_session *session, uint8_t *bytes, size_t capacity) {
  struct tls_pieces *of = &session->pieces;
  int result = open_record(session);
  if (result < 0) return result;
  if (of->head[0] != MBEDTLS_SSL_MSG_HANDSHAKE || of->rest == 0 || of->rest > RECORD_MAX) {
    return refuse(session, LINUX_TLS_FAILED);
  }
  int count = receive_bytes(session, bytes, capacity < of->rest ? capacity : of->rest);
  if (count > 0) of->rest -= (uint32_t)count;
  return count;
}

// Makes the head of the record that the library is shown, with the head of the message in it; 1 when it is
// whole. What is no part of the handshake is shown as it is.
static int begin_message(struct linux_tls_session *session) {
  struct tls_pieces *of = &session->pieces;
  int result = open_record(session);
  if (result < 0) return result;
  of->is_message = of->head[0] == MBEDTLS_SSL_MSG_HANDSHAKE && of->rest > 0 && of->rest <= RECORD_MAX;
  while (of->is_message && of->shown_length < MESSAGE_HEAD) {
    int count = receive_of_message(
      session, of->shown + RECORD_HEAD + of->shown_length, MESSAGE_HEAD - of->shown_length);
    if (count < 0) return count;
    of->shown_length += (uint8_t)count;
  }
  memcpy(of->shown, of->head, RECORD_HEAD);
  of->shown_length += RECORD_HEAD;
  of->shown_rest = of->rest;
  if (!of->is_message) return 1;
  of->shown_rest = (uint32_t)of->shown[6] << 16 | (uint32_t)of->shown[7] << 8 | of->shown[8];
  uint32_t length = of->shown_rest + MESSAGE_HEAD;
  if (length > RECORD_MAX) return refuse(session, LINUX_TLS_LONG_CHAIN);
  of->shown[3] = (uint8_t)(length >> 8);
  of->shown[4] = (uint8_t)length;
  return 1;
}

static int receive_shown(struct linux_tls_session *session, uint8_t *bytes, size_t capacity) {
  struct tls_pieces *of = &session->pieces;
  if (of->shown_length > of->given) {
    size_t left = (size_t)(of->shown_length - of->given);
    size_t count = left < capacity ? left : capacity;
    memcpy(bytes, of->shown + of->given, count);
    of->given += (uint8_t)count;
    return (int)count;
  }
  if (capacity > of->shown_rest) capacity = of->shown_rest;
  int count = of->is_message ? receive_of_message(session, bytes, capacity)
                             : receive_bytes(session, bytes, capacity);
  if (count <= 0) return count;
  of->shown_rest -= (uint32_t)count;
  if (!of->is_message) of->rest -= (uint32_t)count;
  return count;
}

static int receive_message(struct linux_tls_session *session, uint8_t *bytes, size_t capacity) {
  struct tls_pieces *of = &session->pieces;
  if (!of->is_begun) {
    int result = begin_message(session);
    if (result < 0) return result;
    of->is_begun = true;
  }
  int count = receive_shown(session, bytes, capacity);
  if (of->given == of->shown_length && of->shown_rest == 0) {
    of->is_begun = false;
    of->given = of->shown_length = 0;
  }
  return count;
}

// A header and what follows it can always be read: whoever has a turn gets on. What is left stays in
// the socket, which goes on telling of it.
static int receive_from_socket(void *context, unsigned char *bytes, size_t capacity) {
  struct linux_tls_session *session = context;
  if (session->work <= 0 && session->calls >= 2) return MBEDTLS_ERR_SSL_WANT_READ;
  bool is_plain = !session->context.MEMBER(transform_in) &&
                  session->context.MEMBER(state) != MBEDTLS_SSL_HANDSHAKE_OVER;
  int count = is_plain ? receive_message(session, bytes, capacity)
                       : receive_bytes(session, bytes, capacity);
  if (count < 0) return count;
  if (!session->first_byte) session->first_byte = bytes[0];
  follow(session, bytes, (uint32_t)count);
  return session->refusal ? MBEDTLS_ERR_SSL_CONN_EOF : (int)count;
}

// What is found in a certificate of the peer's, or in one that it hangs on. A board without a clock cannot
// tell whether it is good today.
static int judge(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
  struct linux_tls_session *session = context;
  (void)certificate;
  if (session->configuration->ignores_dates) {
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE |
                          MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE);
  }
  if (*flags) session->is_issuer_bad = depth > 0;
  return 0;
}

struct linux_tls_session *linux_tls_session_open(
  struct linux_tls_configuration *with, int32_t descriptor) {
  struct linux_tls_session *session = linux_tls_calloc(1, sizeof *session);
  if (!session) return 0;
  session->configuration = with;
  session->descriptor = descriptor;
  mbedtls_ssl_init(&session->context);
  if (mbedtls_ssl_setup(&session->context, &with->settings) != 0) {
    mbedtls_ssl_free(&session->context);
    linux_tls_free(session);
    return 0;
  }
  linux_tls_configuration_hold(with);
  mbedtls_ssl_set_verify(&session->context, judge, session);
  mbedtls_ssl_set_bio(&session->context, session, send_to_socket, receive_from_socket, 0);
  return session;
}

static void let_go(struct linux_tls_session *session) {
  mbedtls_ssl_free(&session->context);
  linux_tls_configuration_release(session->configuration);
  linux_tls_free(session);
}

// The states whose step computes with the private or an ephemeral key, or verifies a certificate.
static bool is_costly(int state) {
  return state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE || state == MBEDTLS_SSL_CLIENT_CERTIFICATE ||
         state == MBEDTLS_SSL_CLIENT_KEY_EXCHANGE || state == MBEDTLS_SSL_CERTIFICATE_VERIFY;
}

// The states whose messages are followed by others at once. They leave together: a peer that objects
// to our certificate would else be met, when it closes, by a message it does not take, and what it
// had to say would be lost.
static bool is_followed(int state) {
  return state == MBEDTLS_SSL_SERVER_HELLO || state == MBEDTLS_SSL_SERVER_CERTIFICATE ||
         state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE || state == MBEDTLS_SSL_CERTIFICATE_REQUEST ||
         state == MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC;
}

static int32_t refusal_of_certificate(const struct linux_tls_session *session) {
  uint32_t flags = mbedtls_ssl_get_verify_result(&session->context);
  if (flags & MBEDTLS_X509_BADCRL_EXPIRED) return LINUX_TLS_OLD_LIST;
  if (session->is_issuer_bad && !(flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)) {
    return flags & MBEDTLS_X509_BADCERT_EXPIRED ? LINUX_TLS_ISSUER_EXPIRED : LINUX_TLS_ISSUER_UNFIT;
  }
  if (flags & MBEDTLS_X509_BADCERT_EXPIRED) return LINUX_TLS_EXPIRED;
  if (flags & MBEDTLS_X509_BADCERT_REVOKED) return LINUX_TLS_REVOKED;
  if (flags & MBEDTLS_X509_BADCERT_FUTURE) return LINUX_TLS_NOT_YET_VALID;
  if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) return LINUX_TLS_NOT_TRUSTED;
  return LINUX_TLS_UNFIT;
}

// The library has verified a certificate, and found something in it.
static bool is_of_certificate(const mbedtls_ssl_context *context, int error) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  bool is_unfit = error == MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
#else
  bool is_unfit = error == MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE;
#endif
  uint32_t flags = mbedtls_ssl_get_verify_result(context);
  bool is_verified = flags != 0 && flags != UINT32_MAX && !(flags & MBEDTLS_X509_BADCERT_MISSING) &&
                     !(flags & MBEDTLS_X509_BADCERT_SKIP_VERIFY);
  return error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || (is_unfit && is_verified);
}

int32_t tls_refusal(int error) {
  if (tls_is_of_unknown_kind(error)) return LINUX_TLS_UNKNOWN_KIND;
  switch (error) {
  case MBEDTLS_ERR_SSL_CONN_EOF: return LINUX_TLS_LOST;
  case MBEDTLS_ERR_SSL_ALLOC_FAILED: return LINUX_TLS_NO_MEMORY;
  case MBEDTLS_ERR_SSL_INVALID_RECORD: return LINUX_TLS_NOT_SPOKEN;
  case MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION: return LINUX_TLS_VERSION;
  case MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY: return LINUX_TLS_UNKNOWN_IDENTITY;
  case MBEDTLS_ERR_SSL_INVALID_MAC: return LINUX_TLS_DAMAGED;
  case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: return LINUX_TLS_BROKEN_OFF;
  case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE: return LINUX_TLS_NO_CERTIFICATE;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE: return LINUX_TLS_CIPHER;
  case MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL: return LINUX_TLS_PROTOCOL;
#else
  case MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN: return LINUX_TLS_CIPHER;
  case MBEDTLS_ERR_SSL_NO_USABLE_CIPHERSUITE: return LINUX_TLS_CIPHER;
  case MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO: return LINUX_TLS_PROTOCOL;
#endif
  default: return LINUX_TLS_FAILED;
  }
}

// A certificate that came back with a ticket has aged since it was verified.
static bool is_out_of_date(const struct linux_tls_session *session) {
  if (session->configuration->ignores_dates) return false;
  const mbedtls_ssl_context *context = &session->context;
  const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(context);
  return certificate && mbedtls_x509_time_is_past(&certificate->valid_to);
}

// What a step of the handshake that has failed comes to.
static int32_t refusal_of_step(
  const struct linux_tls_session *session, int result, uint32_t refused_before) {
  if (tls_refused_memory() != refused_before) return LINUX_TLS_NO_MEMORY;
  if (session->refusal) return session->refusal;
  if (result == MBEDTLS_ERR_SSL_CONN_EOF) return LINUX_TLS_LOST;
  if (session->first_byte != MBEDTLS_SSL_MSG_HANDSHAKE) return LINUX_TLS_NOT_SPOKEN;
  bool is_shown = is_of_certificate(&session->context, result);
  return is_shown ? refusal_of_certificate(session) : tls_refusal(result);
}

static int32_t shake_hands(struct linux_tls_session *session) {
  mbedtls_ssl_context *context = &session->context;
  while (context->MEMBER(state) != MBEDTLS_SSL_HANDSHAKE_OVER) {
    int state = context->MEMBER(state);
    uint32_t refused = tls_refused_memory();
    session->has_more = is_followed(state);
    int result = mbedtls_ssl_handshake_step(context);
    if (result == MBEDTLS_ERR_SSL_WANT_READ) return LINUX_TLS_WANTS_READ;
    if (result == MBEDTLS_ERR_SSL_WANT_WRITE) return LINUX_TLS_WANTS_WRITE;
    if (result != 0) return refusal_of_step(session, result, refused);
    if (is_costly(state)) return LINUX_TLS_WANTS_TURN;
  }
  session->has_more = false;
  // What stands behind the last message in its record could only be another handshake.
  if (mbedtls_ssl_check_pending(context)) return LINUX_TLS_AGAIN;
  session->alerts = 0;
  return is_out_of_date(session) ? LINUX_TLS_EXPIRED : LINUX_TLS_DONE;
}

int32_t linux_tls_handshake(struct linux_tls_session *session, int64_t *work) {
  begin_work(session, work);
  int32_t result = shake_hands(session);
  *work = session->work;
  return result;
}

// What a read that brings no more bytes, now or ever, comes to.
static int64_t end_of_input(int result) {
  switch (result) {
  case MBEDTLS_ERR_SSL_WANT_READ:
  case MBEDTLS_ERR_SSL_WANT_WRITE: return -EAGAIN;
  case 0:
  case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
  case MBEDTLS_ERR_SSL_CONN_EOF: return 0;
  default: return tls_refusal(result);
  }
}

int64_t linux_tls_receive(
  struct linux_tls_session *session, uint8_t *bytes, uint64_t capacity, int64_t *work) {
  uint64_t count = 0;
  begin_work(session, work);
  while (count < capacity && !session->is_over) {
    int result = mbedtls_ssl_read(&session->context, bytes + count, (size_t)(capacity - count));
    if (result > 0) {
      count += (uint64_t)result;
      continue;
    }
    session->end = session->refusal ? session->refusal : end_of_input(result);
    session->is_over = session->end != -EAGAIN;
    break;
  }
  *work = session->work;
  // What came before the end, or before a mistake, is handed out first.
  return count > 0 ? (int64_t)count : session->end;
}

bool linux_tls_has_received(const struct linux_tls_session *session) {
  return session->is_over || mbedtls_ssl_check_pending(&session->context) != 0;
}

bool linux_tls_holds(const struct linux_tls_session *session) { return session->pending > 0; }

// MARK: Records
//
// A record ends with the packet, or with the frame that it stands in, as those of Mosquitto do. Some clients
// wait for the socket and then read one packet: what the library at their end has taken out of a record
// beyond that, they would find only when more comes.

// Where in the pieces the bytes begin that come next.
struct reader {
  const struct linux_piece *pieces;
  uint32_t count;
  uint64_t offset;
};

// Copies so many of the bytes that come next, if there are so many; the bytes copied.
static uint32_t take(struct reader *from, uint8_t *out, uint32_t most) {
  uint32_t taken = 0;
  while (from->count > 0 && taken < most) {
    uint64_t there = from->pieces->count - from->offset;
    uint32_t step = there < most - taken ? (uint32_t)there : most - taken;
    if (step > 0) memcpy(out + taken, from->pieces->base + from->offset, step);
    taken += step;
    from->offset += step;
    if (from->offset < from->pieces->count) break;
    from->pieces += 1;
    from->count -= 1;
    from->offset = 0;
  }
  return taken;
}

// Bytes of the packet that begins with these; 0 when they end within its length. [2.1.4]
static uint32_t length_of_packet(const uint8_t *head, uint32_t count) {
  uint32_t remaining = 0;
  for (uint32_t index = 1; index < count && index < 5; index++) {
    remaining |= (uint32_t)(head[index] & 0x7F) << (7 * (index - 1));
    if (head[index] < 0x80) return remaining + index + 1;
  }
  return 0;
}

// The same of a frame. [RFC 6455, 5.2]
static uint32_t length_of_frame(const uint8_t *head, uint32_t count) {
  if (count < 2) return 0;
  uint32_t extended = head[1] == 126 ? 2 : head[1] == 127 ? 8 : 0;
  uint64_t length = extended ? 0 : head[1];
  if (count < 2 + extended) return 0;
  for (uint32_t index = 0; index < extended; index++) length = length << 8 | head[2 + index];
  return (uint32_t)length + 2 + extended;
}

static uint32_t length_of_all(struct reader of) {
  uint64_t length = 0;
  for (uint32_t index = 0; index < of.count; index++) length += of.pieces[index].count;
  return (uint32_t)(length - of.offset);
}

// Bytes of the packet or frame that begins here; 0 when that cannot be told yet.
static uint32_t length_of_unit(const struct linux_tls_session *session, struct reader at) {
  uint8_t head[UNIT_HEAD_MAX];
  struct reader all = at;
  uint32_t count = take(&at, head, UNIT_HEAD_MAX);
  if (!session->configuration->is_web) return length_of_packet(head, count);
  // What is no frame is the answer to a request.
  return count > 0 && head[0] < 0x80 ? length_of_all(all) : length_of_frame(head, count);
}

// Whether there is something for another record behind one of so many bytes.
static bool has_next(const struct linux_tls_session *session, struct reader at, uint32_t length) {
  if (at.count == 0 || session->work <= 0) return false;
  return session->rest_of_unit > length || length_of_unit(session, at) > 0;
}

// Copies what the next record is to hold.
static uint32_t next_record(
  struct linux_tls_session *session, struct reader *from, uint8_t record[RECORD_MAX], uint32_t most) {
  // A record that waits holds these bytes already: the library only wants their number again.
  if (session->pending) return take(from, record, session->pending);
  if (session->rest_of_unit == 0) session->rest_of_unit = length_of_unit(session, *from);
  uint32_t length = take(from, record, session->rest_of_unit < most ? session->rest_of_unit : most);
  pay_record(session, length);
  return length;
}

// Records that are followed by others at once are gathered by the system.
static int64_t send_records(struct linux_tls_session *session, struct reader from) {
  static uint8_t record[RECORD_MAX];
  int most = mbedtls_ssl_get_max_out_record_payload(&session->context);
  if (most <= 0) return -EPIPE;
  if (most > RECORD_MAX) most = RECORD_MAX;
  uint64_t sent = 0;
  do {
    uint32_t length = next_record(session, &from, record, (uint32_t)most);
    if (length == 0) break;
    session->has_more = has_next(session, from, length);
    int result = mbedtls_ssl_write(&session->context, record, length);
    if (result == MBEDTLS_ERR_SSL_WANT_WRITE || result == MBEDTLS_ERR_SSL_WANT_READ) {
      session->pending = length;
      break;
    }
    if (result < 0) return sent > 0 ? (int64_t)sent : -EPIPE;
    session->pending = 0;
    session->rest_of_unit -= length;
    sent += length;
  } while (session->has_more);
  session->has_more = false;
  return (int64_t)sent;
}

int64_t linux_tls_send(
  struct linux_tls_session *session, const struct linux_piece *pieces, uint32_t count,
  int64_t *work) {
  begin_work(session, work);
  int64_t sent = send_records(session, (struct reader){.pieces = pieces, .count = count});
  *work = session->work;
  return sent;
}

void linux_tls_session_close(struct linux_tls_session *session) {
  if (session->context.MEMBER(state) == MBEDTLS_SSL_HANDSHAKE_OVER && !session->pending) {
    (void)mbedtls_ssl_close_notify(&session->context);
  }
  let_go(session);
}
#endif
