// Proves that TLS without memory refuses, and forgets nothing: configurations and whole handshakes
// with a heap of every size from none to plenty. A child process is the client, with plenty.
//
// usage: exhaustion SERVER.crt SERVER.key CA.crt CLIENT.crt CLIENT.key
#include <CLinux.h>
#include <fcntl.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PLENTY = 1 << 20, STEP = 112, BUFFERS = 2, FILE_MAX = 8192, PAGE = 4096 };
#define REQUIRE(condition)                                                     \
  do {                                                                         \
    if (!(condition)) {                                                        \
      printf("heap %u, line %d: %s\n", heap_bytes, __LINE__, #condition);      \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

struct file {
  uint8_t bytes[FILE_MAX];
  uint64_t count;
};
enum { SERVER, SERVER_KEY, AUTHORITY, CLIENT, CLIENT_KEY, FILES };
static struct file files[FILES];
static uint8_t *heap, *buffers;
static uint32_t free_slots[BUFFERS], heap_bytes;
// Spent from the first call on: each gets on by a record all the same.
static int64_t work;
static unsigned without_configuration, without_session, without_handshake, complete;

static void set_memory(uint32_t bytes) {
  linux_tls_set_memory((struct linux_tls_memory){
    .heap = heap, .buffers = buffers, .free_slots = free_slots, .heap_bytes = bytes,
    .buffer_count = BUFFERS});
}

static int random_bytes(void *unused, unsigned char *bytes, size_t count) {
  (void)unused;
  return linux_random(bytes, count);
}

static void be_client(int descriptor) {
  mbedtls_ssl_config settings;
  mbedtls_ssl_context context;
  mbedtls_x509_crt authority, certificate;
  mbedtls_pk_context key;
  mbedtls_net_context net = {.fd = descriptor};
  signal(SIGPIPE, SIG_IGN);
  set_memory(PLENTY);
  mbedtls_ssl_config_init(&settings), mbedtls_ssl_init(&context), mbedtls_pk_init(&key);
  mbedtls_x509_crt_init(&authority), mbedtls_x509_crt_init(&certificate);
  mbedtls_x509_crt_parse(&authority, files[AUTHORITY].bytes, files[AUTHORITY].count + 1);
  mbedtls_x509_crt_parse(&certificate, files[CLIENT].bytes, files[CLIENT].count + 1);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  mbedtls_pk_parse_key(
    &key, files[CLIENT_KEY].bytes, files[CLIENT_KEY].count + 1, 0, 0, random_bytes, 0);
#else
  mbedtls_pk_parse_key(&key, files[CLIENT_KEY].bytes, files[CLIENT_KEY].count + 1, 0, 0);
#endif
  mbedtls_ssl_config_defaults(
    &settings, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  mbedtls_ssl_conf_rng(&settings, random_bytes, 0);
  mbedtls_ssl_conf_ca_chain(&settings, &authority, 0);
  mbedtls_ssl_conf_own_cert(&settings, &certificate, &key);
  if (mbedtls_ssl_setup(&context, &settings) != 0) _exit(3);
  mbedtls_ssl_set_hostname(&context, "localhost");
  mbedtls_ssl_set_bio(&context, &net, mbedtls_net_send, mbedtls_net_recv, 0);
  if (mbedtls_ssl_handshake(&context) != 0) _exit(1);
  uint8_t answer[16];
  if (mbedtls_ssl_write(&context, (const uint8_t *)"question", 8) != 8) _exit(1);
  if (mbedtls_ssl_read(&context, answer, sizeof answer) != 6) _exit(1);
  _exit(memcmp(answer, "answer", 6) == 0 ? 0 : 2);
}

static void wait_for(int descriptor, short events) {
  struct pollfd entry = {.fd = descriptor, .events = events};
  REQUIRE(poll(&entry, 1, 10000) == 1);
}

static int32_t shake(struct linux_tls_session *session, int descriptor) {
  for (;;) {
    int32_t result = linux_tls_handshake(session, &work);
    if (result == LINUX_TLS_WANTS_READ) wait_for(descriptor, POLLIN);
    else if (result == LINUX_TLS_WANTS_WRITE) wait_for(descriptor, POLLOUT);
    else if (result != LINUX_TLS_WANTS_TURN) return result;
  }
}

static void answer(struct linux_tls_session *session, int descriptor) {
  uint8_t bytes[100], name[100];
  REQUIRE(linux_tls_identity(session, name, sizeof name) > 0);
  int64_t count;
  while ((count = linux_tls_receive(session, bytes, sizeof bytes, &work)) == -11) {
    wait_for(descriptor, POLLIN);
  }
  REQUIRE(count == 8 && memcmp(bytes, "question", 8) == 0);
  struct linux_piece pieces[] = {{(const uint8_t *)"ans", 3}, {(const uint8_t *)"wer", 3}};
  REQUIRE(linux_tls_send(session, pieces, 2, &work) == 6);
}

static int serve(struct linux_tls_configuration *with, int descriptor) {
  struct linux_tls_session *session = linux_tls_session_open(with, descriptor);
  if (!session) {
    without_session += 1;
    return 0;
  }
  int32_t result = shake(session, descriptor);
  if (result == LINUX_TLS_DONE) {
    answer(session, descriptor);
    complete += 1;
  } else {
    without_handshake += 1;
  }
  linux_tls_session_close(session);
  return result == LINUX_TLS_DONE;
}

static void meet(struct linux_tls_configuration *with) {
  int pair[2];
  uint32_t base = linux_tls_memory_use().heap_bytes;
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    close(pair[0]);
    be_client(pair[1]);
  }
  close(pair[1]);
  REQUIRE(fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0);
  int is_served = serve(with, pair[0]);
  close(pair[0]);
  int status;
  REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status));
  REQUIRE(!is_served || WEXITSTATUS(status) == 0);
  REQUIRE(linux_tls_memory_use().heap_bytes == base && linux_tls_memory_use().buffers == 0);
}

static void run(uint32_t bytes) {
  heap_bytes = bytes;
  set_memory(bytes);
  struct linux_tls_configuration *made = linux_tls_configuration_make();
  if (!made) {
    without_configuration += 1;
    return;
  }
  struct linux_tls_options options = {.lowest_version = 12, .requires_certificate = true};
  const struct file *file = files;
  int32_t result = linux_tls_add_certificate(made, file[SERVER].bytes, file[SERVER].count);
  if (!result) result = linux_tls_set_key(made, file[SERVER_KEY].bytes, file[SERVER_KEY].count);
  if (!result) {
    result = linux_tls_add_authority(made, file[AUTHORITY].bytes, file[AUTHORITY].count);
  }
  if (!result) result = linux_tls_configuration_finish(made, options);
  if (result) {
    REQUIRE(result == LINUX_TLS_NO_MEMORY);
    without_configuration += 1;
  } else {
    meet(made);
  }
  linux_tls_configuration_release(made);
  REQUIRE(linux_tls_memory_use().heap_bytes == 0);
}

int main(int count, char **paths) {
  if (count != FILES + 1) return 2;
  for (int index = 0; index < FILES; index++) {
    FILE *file = fopen(paths[index + 1], "rb");
    if (!file) return 2;
    files[index].count = fread(files[index].bytes, 1, FILE_MAX - 1, file);
    fclose(file);
  }
  heap = aligned_alloc(PAGE, PLENTY);
  buffers = aligned_alloc(PAGE, BUFFERS * (size_t)LINUX_TLS_BUFFER_BYTES);
  for (uint32_t bytes = 0; complete < 20; bytes += STEP) run(bytes);
  REQUIRE(without_configuration > 0 && without_session > 0 && without_handshake > 20);
  printf("tls exhaustion: %u heaps too small for the configuration, %u for a session, %u for its "
         "handshake, none of them with anything left; enough from %u bytes on\n",
         without_configuration, without_session, without_handshake, heap_bytes - 19 * STEP);
  return 0;
}
