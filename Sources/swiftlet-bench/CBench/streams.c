#include "CBench.h"
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTORS = 65536 };

struct stream {
  SSL *tls;
  bool has_web_socket;
  // Of the frame that comes in: what is left, and its header as far as it has come.
  uint64_t frame_left;
  uint8_t header[14];
  uint32_t header_count;
  // What waits to go out.
  uint8_t *waiting;
  size_t waiting_count, waiting_sent, waiting_capacity;
};

static struct stream *streams[DESCRIPTORS];
static SSL_CTX *context;
static SSL_SESSION *last_session;

static int keep_session(SSL *tls, SSL_SESSION *session) {
  (void)tls;
  SSL_SESSION_free(last_session);
  last_session = session;
  return 1;
}

static SSL_CTX *make_context(void) {
  SSL_CTX *made = SSL_CTX_new(TLS_client_method());
  // Both brokers speak it: the newer one would compare protocols, not programs.
  SSL_CTX_set_max_proto_version(made, TLS1_2_VERSION);
  SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(made, keep_session);
  return made;
}

static ssize_t raw_read(struct stream *stream, int descriptor, void *bytes, size_t capacity) {
  if (!stream->tls) return read(descriptor, bytes, capacity);
  int count = SSL_read(stream->tls, bytes, (int)capacity);
  if (count > 0) return count;
  int error = SSL_get_error(stream->tls, count);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  bool again = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  if (again) errno = EAGAIN;
  return again ? -1 : 0;
}

static ssize_t raw_write(struct stream *stream, int descriptor, const void *bytes, size_t count) {
  if (!stream->tls) return write(descriptor, bytes, count);
  int written = SSL_write(stream->tls, bytes, (int)count);
  if (written > 0) return written;
  int error = SSL_get_error(stream->tls, written);
  errno = error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? EAGAIN : EPIPE;
  return -1;
}

static int start_tls(struct stream *stream, int descriptor, bool resumes) {
  if (!context) context = make_context();
  stream->tls = SSL_new(context);
  SSL_set_fd(stream->tls, descriptor);
  if (resumes && last_session) SSL_set_session(stream->tls, last_session);
  return SSL_connect(stream->tls) == 1 ? 0 : -1;
}

static int start_web_socket(struct stream *stream, int descriptor) {
  static const char request[] =
    "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: mqtt\r\n\r\n";
  if (raw_write(stream, descriptor, request, sizeof request - 1) < 0) return -1;
  char answer[2048];
  size_t count = 0;
  while (count < sizeof answer - 1) {
    if (raw_read(stream, descriptor, answer + count, 1) != 1) return -1;
    answer[++count] = 0;
    if (count >= 4 && !memcmp(answer + count - 4, "\r\n\r\n", 4)) break;
  }
  stream->has_web_socket = true;
  return strncmp(answer, "HTTP/1.1 101", 12) ? -1 : 0;
}

int bench_open(int descriptor, bool has_tls, bool has_web_socket, bool resumes) {
  if (!has_tls && !has_web_socket) return 0;
  struct stream *stream = calloc(1, sizeof *stream);
  streams[descriptor] = stream;
  int result = has_tls ? start_tls(stream, descriptor, resumes) : 0;
  if (result == 0 && has_web_socket) result = start_web_socket(stream, descriptor);
  return result;
}

bool bench_was_resumed(int descriptor) {
  return streams[descriptor] && streams[descriptor]->tls &&
         SSL_session_reused(streams[descriptor]->tls);
}

// How long the header is, as far as can be told.
static uint32_t header_length(const struct stream *stream) {
  if (stream->header_count < 2) return 2;
  uint8_t length = stream->header[1] & 127;
  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0);
}

static void take_header(struct stream *stream) {
  uint32_t length = header_length(stream);
  uint64_t count = stream->header[1] & 127;
  if (length > 2) count = 0;
  for (uint32_t index = 2; index < length; index++) count = count << 8 | stream->header[index];
  stream->frame_left = count;
  stream->header_count = 0;
}

// Moves what is within frames to the front; a server does not mask, and sends data alone here.
static size_t take_frames(struct stream *stream, uint8_t *bytes, size_t count) {
  size_t out = 0, in = 0;
  while (in < count) {
    if (stream->frame_left > 0) {
      size_t piece = count - in < stream->frame_left ? count - in : (size_t)stream->frame_left;
      memmove(bytes + out, bytes + in, piece);
      out += piece, in += piece, stream->frame_left -= piece;
      continue;
    }
    stream->header[stream->header_count++] = bytes[in++];
    if (stream->header_count >= 2 && stream->header_count == header_length(stream)) {
      take_header(stream);
    }
  }
  return out;
}

ssize_t bench_read(int descriptor, void *bytes, size_t capacity) {
  struct stream *stream = streams[descriptor];
  if (!stream) return read(descriptor, bytes, capacity);
  for (;;) {
    ssize_t count = raw_read(stream, descriptor, bytes, capacity);
    if (count <= 0 || !stream->has_web_socket) return count;
    size_t payload = take_frames(stream, bytes, (size_t)count);
    if (payload > 0) return (ssize_t)payload;
  }
}

static void append(struct stream *stream, const void *bytes, size_t count) {
  if (stream->waiting_count + count > stream->waiting_capacity) {
    stream->waiting_capacity = 2 * (stream->waiting_count + count);
    stream->waiting = realloc(stream->waiting, stream->waiting_capacity);
  }
  memcpy(stream->waiting + stream->waiting_count, bytes, count);
  stream->waiting_count += count;
}

// A mask of zeros is a mask, and changes nothing.
static void append_header(struct stream *stream, uint64_t count) {
  uint8_t header[14] = {0x82};
  uint32_t length = count < 126 ? 0 : count < 65536 ? 2 : 8;
  header[1] = 0x80 | (uint8_t)(length == 0 ? count : length == 2 ? 126 : 127);
  for (uint32_t index = 0; index < length; index++) {
    header[2 + index] = (uint8_t)(count >> (8 * (length - 1 - index)));
  }
  append(stream, header, 6 + length);
}

bool bench_flush(int descriptor) {
  struct stream *stream = streams[descriptor];
  if (!stream) return true;
  while (stream->waiting_sent < stream->waiting_count) {
    ssize_t written = raw_write(
      stream, descriptor, stream->waiting + stream->waiting_sent,
      stream->waiting_count - stream->waiting_sent);
    if (written < 0) return false;
    stream->waiting_sent += (size_t)written;
  }
  stream->waiting_sent = stream->waiting_count = 0;
  return true;
}

ssize_t bench_writev(int descriptor, const struct iovec *vectors, int count) {
  struct stream *stream = streams[descriptor];
  if (!stream) return writev(descriptor, vectors, count);
  size_t all = 0;
  for (int index = 0; index < count; index++) all += vectors[index].iov_len;
  if (stream->has_web_socket) append_header(stream, all);
  for (int index = 0; index < count; index++) {
    append(stream, vectors[index].iov_base, vectors[index].iov_len);
  }
  if (!bench_flush(descriptor) && errno != EAGAIN) return -1;
  return (ssize_t)all;
}

bool bench_waits(int descriptor) {
  return streams[descriptor] && streams[descriptor]->waiting_count > 0;
}

bool bench_has_more(int descriptor) {
  return streams[descriptor] && streams[descriptor]->tls && SSL_pending(streams[descriptor]->tls);
}

void bench_close(int descriptor) {
  struct stream *stream = streams[descriptor];
  streams[descriptor] = 0;
  if (stream) {
    // Else the session counts as broken off, and is not resumed.
    if (stream->tls) SSL_set_shutdown(stream->tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(stream->tls);
    free(stream->waiting);
    free(stream);
  }
  close(descriptor);
}
