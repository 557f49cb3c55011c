// What the files about TLS share.
#ifndef TLS_H
#define TLS_H
#include "system.h"
#ifdef SWIFTLET_TLS
#include <mbedtls/version.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

// mbedTLS 3 hides the members of its structures behind a macro, and has more arguments.
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define MEMBER(name) MBEDTLS_PRIVATE(name)
#define WITH_RANDOM , tls_random, NULL
#else
#define MEMBER(name) name
#define WITH_RANDOM
#endif

enum { RECORD_HEAD = 5, MESSAGE_HEAD = 4 };
enum { CIPHERS_MAX = 32, PSK_MAX = 32, IDENTITY_MAX = 128 };

struct linux_tls_configuration {
  uint32_t references;
  bool has_certificate;
  bool shows_subject;
  bool ignores_dates;
  bool is_web;
  // Which certificate of the file that was given last could not be taken; 0 for none.
  uint32_t bad_certificate;
  mbedtls_ssl_config settings;
  mbedtls_x509_crt certificate;
  mbedtls_pk_context key;
  mbedtls_x509_crt authorities;
  mbedtls_x509_crl revocations;
  mbedtls_ssl_ticket_context tickets;
  // A copy of the file of identities, and its length.
  uint8_t *identities;
  uint64_t identities_length;
  int ciphers[CIPHERS_MAX + 1];
  const char *protocols[3];
};

// A message of the handshake, which comes in records of its peer's choice and is shown in one.
struct tls_pieces {
  // The head of the record that is being received, how much of it is there, and what follows it still.
  uint8_t head[RECORD_HEAD];
  uint8_t head_length;
  uint32_t rest;
  // The head of the record that is shown, with that of the message; how much of it is there and was given.
  uint8_t shown[RECORD_HEAD + MESSAGE_HEAD];
  uint8_t shown_length;
  uint8_t given;
  uint32_t shown_rest;
  bool is_begun;
  bool is_message;
  // Records of the handshake so far.
  uint8_t records;
};

struct linux_tls_session {
  mbedtls_ssl_context context;
  struct linux_tls_configuration *configuration;
  int32_t descriptor;
  // Bytes of a record that waits for the socket; they count as sent when it has left.
  uint32_t pending;
  // Bytes that are left of the packet or frame that is being sent.
  uint32_t rest_of_unit;
  // What the call under way may still do, and how often it has called the system.
  int64_t work;
  uint32_t calls;
  // What is left to come of the record that is being received, and of its header what has come.
  uint32_t rest_of_record;
  uint8_t header[5];
  uint8_t header_length;
  struct tls_pieces pieces;
  // Messages of the handshake so far, and alerts in a row.
  uint8_t records;
  uint8_t alerts;
  // Why the peer's bytes are not taken any more; 0 while they are.
  int32_t refusal;
  // The first byte that was received, which tells TLS from everything else.
  uint8_t first_byte;
  // What was found in the peer's certificates was found last in one that its own hangs on.
  bool is_issuer_bad;
  // What is sent now is followed by more at once.
  bool has_more;
  // Nothing more is read from the peer; `end` says why.
  bool is_over;
  int64_t end;
  // The longest record that the peer takes, 0 for any; and what has left of one that was made shorter ones.
  uint32_t fragment;
  uint32_t fragments_sent;
  uint8_t identity_length;
  uint8_t identity[IDENTITY_MAX];
};

// What the library calls calloc() and free(), from the pool.
void *linux_tls_calloc(size_t count, size_t size);
void linux_tls_free(void *bytes);
// How often memory was refused so far.
uint32_t tls_refused_memory(void);
// Random bytes, straight from the system.
int tls_random(void *unused, unsigned char *bytes, size_t count);
// Whether the certificates in a handshake message can be verified in a time that others can bear.
bool tls_chain_is_bearable(const uint8_t *message, uint32_t count);
// Whether one of these protocols is among those that a client hello names; true when it names none.
bool tls_hello_offers(const uint8_t *hello, uint32_t count, const char *const *protocols);
// The longest record that the client takes, if its hello says so; 0 for any. [RFC 6066, 4]
uint32_t tls_hello_fragment(const uint8_t *hello, uint32_t count);
// Puts the certificates that ours hangs on in order behind it, and those that lack from `authorities`.
int32_t tls_complete_chain(struct linux_tls_configuration *of);
// Whether an error of the library is for a key or a signature that it does not know.
bool tls_is_of_unknown_kind(int error);
// The number of ours for an error of the library.
int32_t tls_refusal(int error);
// Takes the cipher suites that are spoken unless the configuration names others.
void tls_set_usual_ciphers(struct linux_tls_configuration *of);
// Finds the key of an identity; its length, 0 when there is none.
uint32_t tls_find_identity(
  const uint8_t *file, uint64_t file_length, const uint8_t *identity, uint64_t length,
  uint8_t key[PSK_MAX]);
#endif
#endif
