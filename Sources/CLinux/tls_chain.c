// What a peer shows as its certificates costs it nothing to make, and us much to verify: with an exponent
// as long as its key, or many issuers of one name, each of which is tried, a handshake took seconds, and
// nobody else was served meanwhile. So a chain is looked at before the library has it.
#include "tls.h"
#ifdef SWIFTLET_TLS

enum { CERTIFICATES_MAX = 4, RSA_BITS_MAX = 4096, EXPONENT_BITS_MAX = 32 };

static uint32_t number_at(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
}

// What cannot be read is the library's to refuse.
static bool is_bearable(const uint8_t *bytes, size_t count) {
  mbedtls_x509_crt certificate;
  bool is_bearable = true;
  mbedtls_x509_crt_init(&certificate);
  int result = mbedtls_x509_crt_parse_der_nocopy(&certificate, bytes, count);
  if (result == 0 && mbedtls_pk_get_type(&certificate.pk) == MBEDTLS_PK_RSA) {
    const mbedtls_rsa_context *key = mbedtls_pk_rsa(certificate.pk);
    is_bearable = mbedtls_pk_get_bitlen(&certificate.pk) <= RSA_BITS_MAX &&
                  mbedtls_mpi_bitlen(&key->MEMBER(E)) <= EXPONENT_BITS_MAX;
  }
  mbedtls_x509_crt_free(&certificate);
  return is_bearable;
}

// The message: its type, its length and that of the list; then each certificate behind its length.
bool tls_chain_is_bearable(const uint8_t *message, uint32_t count) {
  if (count < 7 || message[0] != MBEDTLS_SSL_HS_CERTIFICATE) return true;
  uint32_t end = 4 + number_at(message + 1);
  // The rest of it would not be seen here.
  if (end > count) return false;
  uint32_t at = 7;
  for (int number = 0; at + 3 <= end; number++) {
    uint32_t length = number_at(message + at);
    at += 3;
    if (length > end - at) return true;
    if (number == CERTIFICATES_MAX || !is_bearable(message + at, length)) return false;
    at += length;
  }
  return true;
}
#endif
