#include "tls.h"
#ifdef SWIFTLET_TLS
#include <mbedtls/pem.h>
#include <string.h>

int tls_random(void *unused, unsigned char *bytes, size_t count) {
  (void)unused;
  return linux_random(bytes, count) < 0 ? MBEDTLS_ERR_SSL_HW_ACCEL_FAILED : 0;
}

struct linux_tls_configuration *linux_tls_configuration_make(void) {
  struct linux_tls_configuration *made = linux_tls_calloc(1, sizeof *made);
  if (!made) return 0;
  made->references = 1;
  mbedtls_ssl_config_init(&made->settings);
  mbedtls_x509_crt_init(&made->certificate);
  mbedtls_pk_init(&made->key);
  mbedtls_x509_crt_init(&made->authorities);
  mbedtls_x509_crl_init(&made->revocations);
  mbedtls_ssl_ticket_init(&made->tickets);
  return made;
}

void linux_tls_configuration_hold(struct linux_tls_configuration *of) { of->references += 1; }

void linux_tls_configuration_release(struct linux_tls_configuration *of) {
  if (--of->references > 0) return;
  mbedtls_ssl_config_free(&of->settings);
  mbedtls_x509_crt_free(&of->certificate);
  mbedtls_pk_free(&of->key);
  mbedtls_x509_crt_free(&of->authorities);
  mbedtls_x509_crl_free(&of->revocations);
  mbedtls_ssl_ticket_free(&of->tickets);
  linux_tls_free(of->identities);
  linux_tls_free(of);
}

// The zero behind a text counts as a part of it; a file in DER has none.
static size_t length_with_zero(const uint8_t *bytes, uint64_t count) {
  bool is_text = strstr((const char *)bytes, "-----BEGIN ") != 0;
  return (size_t)count + (is_text ? 1 : 0);
}

// Errors for want of memory are many, and some come out as others: what was refused meanwhile tells.
static int32_t parsed(int result, uint32_t refused_before) {
  if (result == 0) return 0;
  return tls_refused_memory() != refused_before ? LINUX_TLS_NO_MEMORY : LINUX_TLS_MALFORMED;
}

// The higher half of an error says what could not be done, the lower one why.
bool tls_is_of_unknown_kind(int error) {
  int high = -(-error & 0xFF80);
  return high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG || high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
         high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE;
}

static int32_t refusal_of_file(int result, uint32_t refused_before) {
  int32_t refusal = parsed(result, refused_before);
  return refusal == LINUX_TLS_MALFORMED && tls_is_of_unknown_kind(result) ? LINUX_TLS_UNKNOWN_KIND
                                                                          : refusal;
}

// The names that a certificate has in PEM: as everybody writes it, of old, and with what OpenSSL adds.
static const char *const titles[] = {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", 0};

// Finds the certificate that comes first in a text, and what it is called there.
static const char *find_certificate(const char *text, const char **title) {
  const char *first = 0;
  for (const char *const *one = titles; *one; one++) {
    char begin[48] = "-----BEGIN ";
    strcat(strcat(begin, *one), "-----");
    const char *found = strstr(text, begin);
    if (!found || (first && found > first)) continue;
    first = found;
    *title = *one;
  }
  return first;
}

// Takes the certificate of a text that stands there; how far it goes, or an error.
static int take_certificate(
  mbedtls_x509_crt *to, const char *text, const char *title, size_t *length) {
  char begin[48] = "-----BEGIN ", end[48] = "-----END ";
  mbedtls_pem_context block;
  mbedtls_pem_init(&block);
  strcat(strcat(begin, title), "-----");
  strcat(strcat(end, title), "-----");
  int result = mbedtls_pem_read_buffer(&block, begin, end, (const uint8_t *)text, 0, 0, length);
  if (result == 0) result = mbedtls_x509_crt_parse_der(to, block.MEMBER(buf), block.MEMBER(buflen));
  mbedtls_pem_free(&block);
  return result;
}

// Takes every certificate of a file; what cannot be taken is counted among them and passed
// over. The first error, 0 for none.
static int32_t add_certificates(
  struct linux_tls_configuration *of, mbedtls_x509_crt *to, const uint8_t *bytes, uint64_t count) {
  const char *text = (const char *)bytes, *title = 0;
  uint32_t refused = tls_refused_memory(), number = 0;
  int32_t refusal = 0;
  of->bad_certificate = 0;
  while ((text = find_certificate(text, &title))) {
    size_t length = 0;
    int32_t result = refusal_of_file(take_certificate(to, text, title, &length), refused);
    number += 1;
    if (result != 0 && refusal == 0) {
      refusal = result;
      of->bad_certificate = number;
    }
    text += length > 0 ? length : 11;
  }
  if (number > 0) return refusal;
  return refusal_of_file(mbedtls_x509_crt_parse(to, bytes, length_with_zero(bytes, count)), refused);
}

uint32_t linux_tls_bad_certificate(const struct linux_tls_configuration *in) {
  return in->bad_certificate;
}

int32_t linux_tls_add_certificate(
  struct linux_tls_configuration *to, const uint8_t *bytes, uint64_t count) {
  to->has_certificate = true;
  return add_certificates(to, &to->certificate, bytes, count);
}

int32_t linux_tls_add_authority(
  struct linux_tls_configuration *to, const uint8_t *bytes, uint64_t count) {
  return add_certificates(to, &to->authorities, bytes, count);
}

// Takes out of a list what came behind `last` and was in it before.
static void remove_doubles(mbedtls_x509_crt *first, mbedtls_x509_crt *last) {
  while (last->next) {
    mbedtls_x509_crt *added = last->next;
    const mbedtls_x509_crt *other = first;
    while (other != added && (other->raw.len != added->raw.len ||
                              memcmp(other->raw.p, added->raw.p, added->raw.len) != 0)) {
      other = other->next;
    }
    if (other == added) {
      last = added;
      continue;
    }
    last->next = added->next;
    added->next = 0;
    mbedtls_x509_crt_free(added);
    linux_tls_free(added);
  }
}

int32_t linux_tls_add_authority_of_folder(
  struct linux_tls_configuration *to, const uint8_t *bytes, uint64_t count) {
  mbedtls_x509_crt *last = &to->authorities;
  while (last->next) last = last->next;
  int32_t result = add_certificates(to, &to->authorities, bytes, count);
  remove_doubles(&to->authorities, last);
  return result == LINUX_TLS_NO_MEMORY ? result : 0;
}

bool linux_tls_has_authority(const struct linux_tls_configuration *in) {
  return in->authorities.version != 0;
}

int32_t linux_tls_add_revocations(
  struct linux_tls_configuration *to, const uint8_t *bytes, uint64_t count) {
  uint32_t refused = tls_refused_memory();
  size_t length = length_with_zero(bytes, count);
  return parsed(mbedtls_x509_crl_parse(&to->revocations, bytes, length), refused);
}

int32_t linux_tls_set_key(
  struct linux_tls_configuration *to, const uint8_t *bytes, uint64_t count) {
  uint32_t refused = tls_refused_memory();
  size_t length = length_with_zero(bytes, count);
  int result = mbedtls_pk_parse_key(&to->key, bytes, length, 0, 0 WITH_RANDOM);
  bool is_encrypted =
    result == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || result == MBEDTLS_ERR_PK_PASSWORD_MISMATCH ||
    strstr((const char *)bytes, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
  if (result != 0 && is_encrypted) return LINUX_TLS_ENCRYPTED_KEY;
  return refusal_of_file(result, refused);
}

int32_t linux_tls_set_identities(
  struct linux_tls_configuration *to, const uint8_t *bytes, uint64_t count) {
  to->identities = linux_tls_calloc(1, (size_t)count + 1);
  if (!to->identities) return LINUX_TLS_NO_MEMORY;
  memcpy(to->identities, bytes, (size_t)count);
  to->identities_length = count;
  return 0;
}

static int key_and_certificate(struct linux_tls_configuration *of) {
  if (!of->has_certificate) return 0;
  if (tls_complete_chain(of) != 0) return LINUX_TLS_NO_MEMORY;
  uint32_t refused = tls_refused_memory();
  if (mbedtls_pk_check_pair(&of->certificate.pk, &of->key WITH_RANDOM) != 0) {
    return tls_refused_memory() != refused ? LINUX_TLS_NO_MEMORY : LINUX_TLS_KEY_MISMATCH;
  }
  int result = mbedtls_ssl_conf_own_cert(&of->settings, &of->certificate, &of->key);
  return result == 0 ? 0 : LINUX_TLS_NO_MEMORY;
}

static int32_t set_lowest_version(mbedtls_ssl_config *settings, uint8_t version) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  mbedtls_ssl_conf_min_tls_version(
    settings, version == 13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
  return 0;
#else
  mbedtls_ssl_conf_min_version(settings, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  return version == 13 ? LINUX_TLS_NO_VERSION : 0;
#endif
}

static int find_key(
  void *context, mbedtls_ssl_context *connection, const unsigned char *identity, size_t length) {
  uint8_t key[PSK_MAX];
  const struct linux_tls_configuration *of = context;
  uint32_t count =
    tls_find_identity(of->identities, of->identities_length, identity, length, key);
  if (count == 0 || length > IDENTITY_MAX) return MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
  // The context is the first member of its session.
  struct linux_tls_session *session = (struct linux_tls_session *)connection;
  memcpy(session->identity, identity, length);
  session->identity_length = (uint8_t)length;
  return mbedtls_ssl_set_hs_psk(connection, key, count);
}

// A reconnect with a ticket skips the costly half of a handshake. Not with identities: a ticket
// does not remember whose it is.
static int set_tickets(struct linux_tls_configuration *of) {
  if (of->identities) return 0;
  int result = mbedtls_ssl_ticket_setup(
    &of->tickets, tls_random, 0, MBEDTLS_CIPHER_AES_256_GCM, 86400);
  if (result != 0) return result;
  mbedtls_ssl_conf_session_tickets_cb(
    &of->settings, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &of->tickets);
  return 0;
}

// The library prefers the longest curve that both have, at three times the cost and no use. A client's
// certificate may be of any of these too.
static void set_curves(mbedtls_ssl_config *settings) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  static const uint16_t curves[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
  mbedtls_ssl_conf_groups(settings, curves);
#else
  static const mbedtls_ecp_group_id curves[] = {
    MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1,
    MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_ECP_DP_NONE};
  mbedtls_ssl_conf_curves(settings, curves);
#endif
}

static int set_protocols(struct linux_tls_configuration *of, bool is_web) {
  of->protocols[0] = is_web ? "http/1.1" : "mqtt";
  of->protocols[1] = is_web ? "mqtt" : 0;
  return mbedtls_ssl_conf_alpn_protocols(&of->settings, of->protocols);
}

int32_t linux_tls_configuration_finish(
  struct linux_tls_configuration *of, struct linux_tls_options options) {
  mbedtls_ssl_config *settings = &of->settings;
  int result = mbedtls_ssl_config_defaults(
    settings, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (result != 0) return LINUX_TLS_NO_MEMORY;
  of->shows_subject = options.shows_subject;
  of->is_web = options.is_web;
  mbedtls_ssl_conf_rng(settings, tls_random, 0);
  int32_t refusal = set_lowest_version(settings, options.lowest_version);
  if (refusal == 0) refusal = key_and_certificate(of);
  if (refusal < 0) return refusal;
  if (!of->ciphers[0]) tls_set_usual_ciphers(of);
  mbedtls_ssl_conf_ciphersuites(settings, of->ciphers);
  set_curves(settings);
  of->ignores_dates = options.ignores_dates;
  if (of->identities) mbedtls_ssl_conf_psk_cb(settings, find_key, of);
  mbedtls_ssl_conf_ca_chain(settings, &of->authorities, &of->revocations);
  mbedtls_ssl_conf_authmode(
    settings, options.requires_certificate ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
  if (set_protocols(of, options.is_web) != 0 || set_tickets(of) != 0) return LINUX_TLS_NO_MEMORY;
  return 0;
}
#endif
