// Names in TLS: of cipher suites, of pre-shared keys, of those who show a certificate.
#include "tls.h"
#ifdef SWIFTLET_TLS
#include <mbedtls/oid.h>
#include <string.h>

// MARK: Cipher suites

enum { NAME_MAX_BYTES = 64 };

// Takes `part` away from where it stands in a name, and puts `instead` there.
static void replace(char *name, const char *part, const char *instead) {
  char *found = strstr(name, part);
  if (!found) return;
  size_t taken = strlen(part), given = strlen(instead);
  memmove(found + given, found + taken, strlen(found + taken) + 1);
  memcpy(found, instead, given);
}

// TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256 is ECDHE-RSA-AES128-GCM-SHA256 to OpenSSL.
static void name_as_openssl(const char *ours, char out[NAME_MAX_BYTES]) {
  strncpy(out, ours, NAME_MAX_BYTES - 1);
  out[NAME_MAX_BYTES - 1] = 0;
  if (!strncmp(out, "TLS-RSA-WITH-", 13)) replace(out, "TLS-RSA-WITH-", "");
  replace(out, "TLS-", "");
  replace(out, "-WITH", "");
  replace(out, "AES-128", "AES128");
  replace(out, "AES-256", "AES256");
  replace(out, "CAMELLIA-128", "CAMELLIA128");
  replace(out, "CAMELLIA-256", "CAMELLIA256");
  if (!strstr(out, "PSK")) replace(out, "-CBC", "");
  replace(out, "POLY1305-SHA256", "POLY1305");
}

static bool equals(const char *name, const uint8_t *text, size_t length) {
  return strlen(name) == length && memcmp(name, text, length) == 0;
}

static int find_cipher(const uint8_t *name, size_t length) {
  for (const int *one = mbedtls_ssl_list_ciphersuites(); *one; one++) {
    const char *ours = mbedtls_ssl_get_ciphersuite_name(*one);
    char other[NAME_MAX_BYTES];
    name_as_openssl(ours, other);
    if (equals(ours, name, length) || equals(other, name, length)) return *one;
  }
  return 0;
}

// Words for many of them: those that are spoken without being named are good enough for all such words.
static bool is_word_for_many(const uint8_t *name, size_t length) {
  static const char *const words[] = {"HIGH", "MEDIUM", "DEFAULT", "ALL", "ECDHE", "EECDH", "kEECDH",
                                      "ECDH", "AESGCM", "CHACHA20", "AES", "PSK", "TLSv1.2", "FIPS", 0};
  for (const char *const *word = words; *word; word++) {
    if (equals(*word, name, length)) return true;
  }
  return length > 0 && memchr(name, '+', length);
}

// More than there is room for are of no use to anybody.
int32_t linux_tls_add_cipher(
  struct linux_tls_configuration *to, const uint8_t *name, uint64_t count) {
  int cipher = find_cipher(name, (size_t)count);
  if (!cipher) return is_word_for_many(name, (size_t)count) ? 0 : LINUX_TLS_NO_CIPHER;
  uint32_t found = 0;
  while (to->ciphers[found]) found++;
  if (found < CIPHERS_MAX) to->ciphers[found] = cipher;
  return 0;
}

// Without the key exchanges that cost much and give nothing (DHE), that a stolen key opens later and
// whose timing has betrayed keys (RSA), and without ciphers nobody asks for. All can be named.
static bool is_usual(const char *name) {
  bool is_version13 = !strstr(name, "-WITH-");
  bool is_exchange = !strncmp(name, "TLS-ECDHE-", 10) || !strncmp(name, "TLS-PSK-", 8);
  bool is_cipher = strstr(name, "-AES-") || strstr(name, "-CHACHA20-");
  return is_version13 || (is_exchange && is_cipher && !strstr(name, "-CCM-8"));
}

void tls_set_usual_ciphers(struct linux_tls_configuration *of) {
  uint32_t found = 0;
  for (const int *one = mbedtls_ssl_list_ciphersuites(); *one && found < CIPHERS_MAX; one++) {
    if (is_usual(mbedtls_ssl_get_ciphersuite_name(*one))) of->ciphers[found++] = *one;
  }
  of->ciphers[found] = 0;
}

// MARK: Pre-shared keys

static int digit(uint8_t character) {
  if (character >= '0' && character <= '9') return character - '0';
  character |= 0x20;
  return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

static uint32_t read_key(const uint8_t *text, const uint8_t *end, uint8_t key[PSK_MAX]) {
  uint32_t count = 0;
  while (end - text >= 2 && count < PSK_MAX) {
    int high = digit(text[0]), low = digit(text[1]);
    if (high < 0 || low < 0) return 0;
    key[count++] = (uint8_t)(high << 4 | low);
    text += 2;
  }
  return text == end ? count : 0;
}

static const uint8_t *end_of_line(const uint8_t *line, const uint8_t *end) {
  const uint8_t *found = memchr(line, '\n', (size_t)(end - line));
  return found ? found : end;
}

// What stands around a line does not belong to it, as in FileLines of Access, which checks the file.
static bool is_blank(uint8_t character) {
  return character == ' ' || character == '\t' || character == '\r';
}

uint32_t tls_find_identity(
  const uint8_t *file, uint64_t file_length, const uint8_t *identity, uint64_t length,
  uint8_t key[PSK_MAX]) {
  const uint8_t *end = file + file_length;
  for (const uint8_t *line = file; line < end;) {
    const uint8_t *stop = end_of_line(line, end);
    const uint8_t *next = stop + 1;
    while (stop > line && is_blank(stop[-1])) stop--;
    while (line < stop && is_blank(*line)) line++;
    bool fits = length > 0 && (uint64_t)(stop - line) > length && line[length] == ':';
    if (fits && *line != '#' && memcmp(line, identity, (size_t)length) == 0) {
      return read_key(line + length + 1, stop, key);
    }
    line = next;
  }
  return 0;
}

// MARK: Certificates

// Bytes that go out as far as there is room; beyond it the name is none.
struct writer {
  uint8_t *out;
  uint32_t capacity;
  uint32_t count;
  bool is_full;
};

static void put(struct writer *to, uint8_t byte) {
  if (to->count < to->capacity) to->out[to->count++] = byte;
  else to->is_full = true;
}

static void put_text(struct writer *to, const char *text) {
  while (*text) put(to, (uint8_t)*text++);
}

static const mbedtls_x509_name *common_name(const mbedtls_x509_name *name) {
  for (; name; name = name->next) {
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0) return name;
  }
  return 0;
}

// A zero within a name hides from many what stands behind it: such a name is none.
static bool is_clean(const mbedtls_x509_buf *value) {
  return value->len > 0 && !memchr(value->p, 0, value->len);
}

static bool is_escaped(uint8_t byte, size_t index, size_t length) {
  bool at_edge = index == 0 || index + 1 == length;
  return strchr(",+\"\\<>;", byte) || (byte == ' ' && at_edge) || (byte == '#' && index == 0);
}

static bool put_pair(struct writer *to, const mbedtls_x509_name *name) {
  const char *short_name = 0;
  if (mbedtls_oid_get_attr_short_name(&name->oid, &short_name) != 0) return false;
  if (!is_clean(&name->val)) return false;
  put_text(to, short_name);
  put(to, '=');
  for (size_t index = 0; index < name->val.len; index++) {
    uint8_t byte = name->val.p[index];
    if (is_escaped(byte, index, name->val.len)) put(to, '\\');
    put(to, byte);
  }
  return true;
}

// The last part first, as RFC 2253 has it.
static bool put_subject(struct writer *to, const mbedtls_x509_name *first) {
  const mbedtls_x509_name *end = 0;
  while (end != first) {
    const mbedtls_x509_name *last = first;
    while (last->next != end) last = last->next;
    if (end) put(to, ',');
    if (!put_pair(to, last)) return false;
    end = last;
  }
  return true;
}

uint32_t linux_tls_identity(
  struct linux_tls_session *session, uint8_t *out, uint32_t capacity) {
  struct writer to = {.out = out, .capacity = capacity};
  for (uint32_t index = 0; index < session->identity_length; index++) {
    put(&to, session->identity[index]);
  }
  const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&session->context);
  if (session->identity_length > 0 || !certificate) return to.is_full ? 0 : to.count;
  if (session->configuration->shows_subject) {
    return put_subject(&to, &certificate->subject) && !to.is_full ? to.count : 0;
  }
  const mbedtls_x509_name *name = common_name(&certificate->subject);
  if (!name || !is_clean(&name->val)) return 0;
  for (size_t index = 0; index < name->val.len; index++) put(&to, name->val.p[index]);
  return to.is_full ? 0 : to.count;
}
#endif
