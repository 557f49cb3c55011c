// What a client offers in its hello, as far as the library would answer it in a way that devices do not bear.
#include "tls.h"
#ifdef SWIFTLET_TLS
#include <string.h>

enum { FRAGMENT_EXTENSION = 1, PROTOCOLS_EXTENSION = 16, BEFORE_SESSION = 4 + 2 + 32 };

static uint32_t number_at(const uint8_t *bytes, uint32_t count) {
  uint32_t number = 0;
  for (uint32_t index = 0; index < count; index++) number = number << 8 | bytes[index];
  return number;
}

// Moves over a part that begins with its length, in so many bytes; false when it ends too soon.
static bool skip(const uint8_t **at, const uint8_t *end, uint32_t length_bytes) {
  if ((uint32_t)(end - *at) < length_bytes) return false;
  uint32_t length = number_at(*at, length_bytes);
  *at += length_bytes;
  if ((uint32_t)(end - *at) < length) return false;
  *at += length;
  return true;
}

// Finds what an extension holds; its length, 0 when there is none. What cannot be read is the library's to
// refuse. [RFC 5246, 7.4.1.2]
static uint32_t find_extension(
  const uint8_t *hello, uint32_t count, uint32_t wanted, const uint8_t **found) {
  const uint8_t *at = hello + BEFORE_SESSION, *end = hello + count;
  if (count < BEFORE_SESSION || hello[0] != MBEDTLS_SSL_HS_CLIENT_HELLO) return 0;
  if (!skip(&at, end, 1) || !skip(&at, end, 2) || !skip(&at, end, 1) || end - at < 2) return 0;
  for (at += 2; end - at >= 4;) {
    uint32_t type = number_at(at, 2);
    at += 2;
    *found = at + 2;
    if (!skip(&at, end, 2)) return 0;
    if (type == wanted) return (uint32_t)(at - *found);
  }
  return 0;
}

bool tls_hello_offers(const uint8_t *hello, uint32_t count, const char *const *protocols) {
  const uint8_t *at = 0;
  uint32_t length = find_extension(hello, count, PROTOCOLS_EXTENSION, &at);
  if (length < 2) return true;
  const uint8_t *end = at + length;
  for (at += 2; at < end;) {
    const uint8_t *name = at + 1;
    if (!skip(&at, end, 1)) return true;
    for (const char *const *ours = protocols; *ours; ours++) {
      size_t named = (size_t)(at - name);
      if (strlen(*ours) == named && memcmp(*ours, name, named) == 0) return true;
    }
  }
  return false;
}

uint32_t tls_hello_fragment(const uint8_t *hello, uint32_t count) {
  const uint8_t *code = 0;
  uint32_t length = find_extension(hello, count, FRAGMENT_EXTENSION, &code);
  return length == 1 && *code >= 1 && *code <= 4 ? 256u << *code : 0;
}
#endif
