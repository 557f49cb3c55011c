// What the TLS library refers to and a server never calls: were it not here, the linker would bring the
// library's own into the image, the certificates of its tests (50 KB), its client and its tracing.
#include "tls.h"
#ifdef SWIFTLET_TLS
#include <mbedtls/debug.h>

int mbedtls_ssl_handshake_client_step(mbedtls_ssl_context *);
int mbedtls_ssl_handshake_client_step(mbedtls_ssl_context *session) {
  (void)session;
  return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
}

extern const char mbedtls_test_ca_crt[], mbedtls_test_cli_crt[];
extern const size_t mbedtls_test_ca_crt_len, mbedtls_test_cli_crt_len;
const char mbedtls_test_ca_crt[1] = "", mbedtls_test_cli_crt[1] = "";
const size_t mbedtls_test_ca_crt_len = 0, mbedtls_test_cli_crt_len = 0;

#define UNUSED const mbedtls_ssl_context *session, int level, const char *file, int line
#define IGNORED (void)session, (void)level, (void)file, (void)line

void mbedtls_debug_print_msg(UNUSED, const char *format, ...) { IGNORED, (void)format; }

void mbedtls_debug_print_ret(UNUSED, const char *text, int result) {
  IGNORED, (void)text, (void)result;
}

void mbedtls_debug_print_buf(UNUSED, const char *text, const unsigned char *bytes, size_t count) {
  IGNORED, (void)text, (void)bytes, (void)count;
}

void mbedtls_debug_print_mpi(UNUSED, const char *text, const mbedtls_mpi *number) {
  IGNORED, (void)text, (void)number;
}

void mbedtls_debug_print_ecp(UNUSED, const char *text, const mbedtls_ecp_point *point) {
  IGNORED, (void)text, (void)point;
}

void mbedtls_debug_print_crt(UNUSED, const char *text, const mbedtls_x509_crt *certificate) {
  IGNORED, (void)text, (void)certificate;
}

void mbedtls_debug_printf_ecdh(
  UNUSED, const mbedtls_ecdh_context *exchange, mbedtls_debug_ecdh_attr attribute) {
  IGNORED, (void)exchange, (void)attribute;
}
#endif
