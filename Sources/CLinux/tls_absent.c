// A board without TLS: no configuration can be made, so nothing else here is ever reached.
#include "system.h"
#ifndef SWIFTLET_TLS
void linux_tls_set_memory(struct linux_tls_memory memory) { (void)memory; }

struct linux_tls_use linux_tls_memory_use(void) { return (struct linux_tls_use){0}; }

struct linux_tls_configuration *linux_tls_configuration_make(void) { return 0; }

#define REFUSES_BYTES(name) \
  int32_t name(struct linux_tls_configuration *to, const uint8_t *bytes, uint64_t count) { \
    (void)to, (void)bytes, (void)count; \
    return LINUX_TLS_UNAVAILABLE; \
  }
REFUSES_BYTES(linux_tls_add_certificate)
REFUSES_BYTES(linux_tls_set_key)
REFUSES_BYTES(linux_tls_add_authority)
REFUSES_BYTES(linux_tls_add_authority_of_folder)
REFUSES_BYTES(linux_tls_add_revocations)
REFUSES_BYTES(linux_tls_set_identities)
REFUSES_BYTES(linux_tls_add_cipher)

uint32_t linux_tls_bad_certificate(const struct linux_tls_configuration *in) {
  (void)in;
  return 0;
}

bool linux_tls_lacks_issuer(struct linux_tls_configuration *of) {
  (void)of;
  return false;
}

bool linux_tls_has_authority(const struct linux_tls_configuration *in) {
  (void)in;
  return false;
}

int32_t linux_tls_configuration_finish(
  struct linux_tls_configuration *of, struct linux_tls_options options) {
  (void)of, (void)options;
  return LINUX_TLS_UNAVAILABLE;
}

void linux_tls_configuration_hold(struct linux_tls_configuration *of) { (void)of; }

void linux_tls_configuration_release(struct linux_tls_configuration *of) { (void)of; }

struct linux_tls_session *linux_tls_session_open(
  struct linux_tls_configuration *with, int32_t descriptor) {
  (void)with, (void)descriptor;
  return 0;
}

int32_t linux_tls_handshake(struct linux_tls_session *session, int64_t *work) {
  (void)session, (void)work;
  return LINUX_TLS_UNAVAILABLE;
}

int64_t linux_tls_receive(
  struct linux_tls_session *session, uint8_t *bytes, uint64_t capacity, int64_t *work) {
  (void)session, (void)bytes, (void)capacity, (void)work;
  return LINUX_TLS_UNAVAILABLE;
}

bool linux_tls_has_received(const struct linux_tls_session *session) {
  (void)session;
  return false;
}

bool linux_tls_holds(const struct linux_tls_session *session) {
  (void)session;
  return false;
}

int64_t linux_tls_send(
  struct linux_tls_session *session, const struct linux_piece *pieces, uint32_t count,
  int64_t *work) {
  (void)session, (void)pieces, (void)count, (void)work;
  return LINUX_TLS_UNAVAILABLE;
}

uint32_t linux_tls_identity(
  struct linux_tls_session *session, uint8_t *out, uint32_t capacity) {
  (void)session, (void)out, (void)capacity;
  return 0;
}

void linux_tls_session_close(struct linux_tls_session *session) { (void)session; }
#endif
