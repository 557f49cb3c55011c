// The certificates that ours hangs on. What a client is shown must lead it to one that it knows, in order;
// people have them in one file, in two, in any order, or not at all.
#include "tls.h"
#ifdef SWIFTLET_TLS
#include <mbedtls/md.h>
#include <string.h>

enum { ISSUERS_MAX = 8 };

static bool is_same(const mbedtls_x509_buf *one, const mbedtls_x509_buf *other) {
  return one->len == other->len && memcmp(one->p, other->p, one->len) == 0;
}

static bool is_own_issuer(const mbedtls_x509_crt *of) {
  return is_same(&of->subject_raw, &of->issuer_raw);
}

// Several may have one name: the signature tells which it is.
static bool has_signed(mbedtls_x509_crt *issuer, const mbedtls_x509_crt *of) {
  uint8_t hash[MBEDTLS_MD_MAX_SIZE];
  if (!is_same(&issuer->subject_raw, &of->issuer_raw)) return false;
  const mbedtls_md_info_t *digest = mbedtls_md_info_from_type(of->MEMBER(sig_md));
  if (!digest || mbedtls_md(digest, of->tbs.p, of->tbs.len, hash) != 0) return false;
  return mbedtls_pk_verify_ext(
           of->MEMBER(sig_pk), of->MEMBER(sig_opts), &issuer->pk, of->MEMBER(sig_md), hash,
           mbedtls_md_get_size(digest), of->MEMBER(sig).p, of->MEMBER(sig).len) == 0;
}

static mbedtls_x509_crt *find_issuer(mbedtls_x509_crt *among, const mbedtls_x509_crt *of) {
  for (; among; among = among->next) {
    if (among->version != 0 && among != of && has_signed(among, of)) return among;
  }
  return 0;
}

// Takes one that stands behind `last` in its list, and puts it right there.
static void move_behind(mbedtls_x509_crt *last, mbedtls_x509_crt *moved) {
  mbedtls_x509_crt *before = last;
  while (before->next != moved) before = before->next;
  before->next = moved->next;
  moved->next = last->next;
  last->next = moved;
}

// Shows a copy of an authority right behind `last`; an error of the library.
static int show_behind(struct linux_tls_configuration *of, mbedtls_x509_crt *last, const mbedtls_x509_crt *shown) {
  int result = mbedtls_x509_crt_parse_der(&of->certificate, shown->raw.p, shown->raw.len);
  if (result != 0) return result;
  mbedtls_x509_crt *copy = last;
  while (copy->next) copy = copy->next;
  move_behind(last, copy);
  return 0;
}

int32_t tls_complete_chain(struct linux_tls_configuration *of) {
  mbedtls_x509_crt *last = &of->certificate;
  for (int number = 0; number < ISSUERS_MAX && !is_own_issuer(last); number++) {
    mbedtls_x509_crt *issuer = find_issuer(last->next, last);
    if (issuer) {
      move_behind(last, issuer);
    } else {
      issuer = find_issuer(&of->authorities, last);
      // Who does not know the one above all would not believe it from us.
      if (!issuer || is_own_issuer(issuer)) return 0;
      if (show_behind(of, last, issuer) != 0) return LINUX_TLS_NO_MEMORY;
    }
    last = last->next;
  }
  return 0;
}

bool linux_tls_lacks_issuer(struct linux_tls_configuration *of) {
  mbedtls_x509_crt *last = &of->certificate;
  if (!of->has_certificate || is_own_issuer(last)) return false;
  return !find_issuer(last->next, last) && !find_issuer(&of->authorities, last);
}
#endif
