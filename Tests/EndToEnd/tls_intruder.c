// A client of TLS 1.2 that says what no other can be made to say, until it is closed.
//
// usage: tls_intruder PORT HOW [CERTIFICATE KEY]
//   warnings   after the handshake, warnings without end
//   hellos     after it, one record full of hellos
//   finished   the same behind the last message of the handshake, in its record
//   between    before each message of the handshake as many warnings as are borne
// It prints how many records came back after that.
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_internal.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARNINGS_BORNE = 5, HELLOS = 4000, MOST = 1000000 };

static mbedtls_ssl_context context;
static mbedtls_net_context net;

static void require(int result, const char *what) {
  if (result >= 0) return;
  printf("%s: -0x%04x\n", what, (unsigned)-result);
  exit(1);
}

static int warn(void) {
  // user_canceled, which means nothing on its own
  return mbedtls_ssl_send_alert_message(&context, MBEDTLS_SSL_ALERT_LEVEL_WARNING, 90);
}

static size_t fill_with_hellos(unsigned char *out) {
  static const unsigned char hello[4] = {MBEDTLS_SSL_HS_CLIENT_HELLO};
  for (int number = 0; number < HELLOS; number++) memcpy(out + 4 * number, hello, 4);
  return 4 * HELLOS;
}

static int send_hellos(void) {
  context.out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
  context.out_msglen = fill_with_hellos(context.out_msg);
  return mbedtls_ssl_write_record(&context, 1);
}

// What mbedtls_ssl_write_finished() does, with more behind it.
static int finish_with_hellos(void) {
  mbedtls_ssl_update_out_pointers(&context, context.transform_negotiate);
  context.handshake->calc_finished(&context, context.out_msg + 4, MBEDTLS_SSL_IS_CLIENT);
  memcpy(context.out_msg, (const unsigned char[4]){MBEDTLS_SSL_HS_FINISHED, 0, 0, 12}, 4);
  context.out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
  context.out_msglen = 16 + fill_with_hellos(context.out_msg + 16);
  memset(context.cur_out_ctr, 0, sizeof context.cur_out_ctr);
  context.transform_out = context.transform_negotiate;
  return mbedtls_ssl_write_record(&context, 1);
}

static int is_message_of_client(int state) {
  return state == MBEDTLS_SSL_CLIENT_CERTIFICATE || state == MBEDTLS_SSL_CLIENT_KEY_EXCHANGE ||
         state == MBEDTLS_SSL_CERTIFICATE_VERIFY || state == MBEDTLS_SSL_CLIENT_CHANGE_CIPHER_SPEC;
}

static int shake_hands(const char *how) {
  while (context.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
    if (!strcmp(how, "finished") && context.state == MBEDTLS_SSL_CLIENT_FINISHED) {
      return finish_with_hellos();
    }
    if (!strcmp(how, "between") && is_message_of_client(context.state)) {
      for (int number = 0; number < WARNINGS_BORNE; number++) {
        if (warn() < 0) return 0;
      }
    }
    if (mbedtls_ssl_handshake_step(&context) < 0) return 0;
  }
  return 0;
}

static void count_records(void) {
  unsigned records = 0;
  unsigned char header[5], body[65536];
  for (;;) {
    for (size_t got = 0; got < 5;) {
      int count = mbedtls_net_recv(&net, header + got, 5 - got);
      if (count <= 0) {
        printf("%u records\n", records);
        return;
      }
      got += (size_t)count;
    }
    size_t length = (size_t)header[3] << 8 | header[4];
    for (size_t got = 0; got < length;) {
      int count = mbedtls_net_recv(&net, body, length - got);
      if (count <= 0) break;
      got += (size_t)count;
    }
    records += 1;
  }
}

static void set_up(mbedtls_ssl_config *settings, char **pair) {
  static mbedtls_entropy_context entropy;
  static mbedtls_ctr_drbg_context random;
  static mbedtls_x509_crt certificate;
  static mbedtls_pk_context key;
  mbedtls_entropy_init(&entropy), mbedtls_ctr_drbg_init(&random), mbedtls_ssl_init(&context);
  mbedtls_ssl_config_init(settings), mbedtls_x509_crt_init(&certificate), mbedtls_pk_init(&key);
  require(mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, 0, 0), "random");
  require(
    mbedtls_ssl_config_defaults(
      settings, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
    "defaults");
  mbedtls_ssl_conf_authmode(settings, MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_rng(settings, mbedtls_ctr_drbg_random, &random);
  if (pair[0]) {
    require(mbedtls_x509_crt_parse_file(&certificate, pair[0]), pair[0]);
    require(mbedtls_pk_parse_keyfile(&key, pair[1], 0), pair[1]);
    require(mbedtls_ssl_conf_own_cert(settings, &certificate, &key), "certificate");
  }
  require(mbedtls_ssl_setup(&context, settings), "setup");
}

int main(int count, char **arguments) {
  static mbedtls_ssl_config settings;
  if (count < 3) return 2;
  signal(SIGPIPE, SIG_IGN);
  set_up(&settings, arguments + 3);
  require(mbedtls_net_connect(&net, "127.0.0.1", arguments[1], MBEDTLS_NET_PROTO_TCP), "connect");
  mbedtls_ssl_set_bio(&context, &net, mbedtls_net_send, mbedtls_net_recv, 0);
  require(shake_hands(arguments[2]), "handshake");
  if (!strcmp(arguments[2], "hellos")) require(send_hellos(), "hellos");
  if (!strcmp(arguments[2], "warnings")) {
    for (int number = 0; number < MOST && warn() == 0; number++) continue;
  }
  count_records();
  return 0;
}
