// What may differ between processors, asked of the board's own C library under its emulator: time
// after 2038, certificates then, errors' numbers, and whether this emulator finds an address that is not aligned.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <mbedtls/x509.h>
#include "../../Sources/CLinux/system.h"

static int failures;

static void expect(bool holds, const char *what) {
  if (holds) return;
  printf("not so: %s\n", what);
  failures++;
}

static void expect_date(int64_t seconds, const char *date) {
  uint8_t text[64] = {0};
  uint32_t length = linux_local_time(seconds, (const uint8_t *)"%F %T", text, sizeof text);
  if (length == strlen(date) && memcmp(text, date, length) == 0) return;
  printf("%lld is %s, not %s\n", (long long)seconds, date, (const char *)text);
  failures++;
}

static void clocks(void) {
  expect_date(0, "1970-01-01 00:00:00");
  expect_date(2147483647, "2038-01-19 03:14:07");
  expect_date(2147483648, "2038-01-19 03:14:08");
  expect_date(4294967295, "2106-02-07 06:28:15");
  expect_date(4294967296, "2106-02-07 06:28:16");
  expect_date(7258118400, "2200-01-01 00:00:00");
  expect(linux_seconds_since_1970() > 1700000000, "it is after 2023");
  int64_t before = linux_boottime_microseconds();
  int64_t milliseconds = linux_boottime_milliseconds();
  int64_t after = linux_boottime_microseconds();
  expect(before > 0 && before / 1000 <= milliseconds && milliseconds <= after / 1000, "clocks agree");
}

// The linker hands what asks for the wall clock to us: to the TLS library it may be any moment.
static int64_t pretended;
int64_t __real_linux_seconds_since_1970(void);
int64_t __wrap_linux_seconds_since_1970(void);
int64_t __wrap_linux_seconds_since_1970(void) {
  return pretended ? pretended : __real_linux_seconds_since_1970();
}

static void certificates(void) {
  static const struct { int64_t now; int before, in, after; } moments[] = {
    {2147483647 - 86400 * 30, 2037, 2037, 2038},
    {2147483648 + 86400, 2037, 2038, 2039},
    {2524608000 + 86400, 2049, 2050, 2051},
    {4102444800 + 86400, 2099, 2100, 2101}};
  for (unsigned index = 0; index < sizeof moments / sizeof *moments; index++) {
    mbedtls_x509_time date = {.mon = 1, .day = 1};
    pretended = moments[index].now;
    date.year = moments[index].before;
    expect(mbedtls_x509_time_is_past(&date), "a certificate that ended last year has ended");
    date.year = moments[index].in;
    expect(mbedtls_x509_time_is_past(&date), "a certificate that ended this January has ended");
    expect(!mbedtls_x509_time_is_future(&date), "one that began then has begun");
    date.year = moments[index].after;
    expect(!mbedtls_x509_time_is_past(&date), "a certificate until next year is valid");
    expect(mbedtls_x509_time_is_future(&date), "one from next year is not yet");
  }
  pretended = 0;
}

static void errors(void) {
  uint16_t port = 0;
  int32_t first = linux_listen_tcp((const uint8_t *)"127.0.0.1", 0, 4, 1, &port);
  expect(first >= 0 && port > 0, "a port can be had");
  int32_t second = linux_listen_tcp((const uint8_t *)"127.0.0.1", port, 4, 1, 0);
  expect(second == -LINUX_ERROR_IN_USE, "a port in use is told as that");
  struct linux_peer peer;
  expect(linux_accept(first, &peer) == -LINUX_ERROR_AGAIN, "nobody to accept is told as that");
  uint8_t bytes[4];
  int64_t count = linux_read_file((const uint8_t *)"/not/there", bytes, sizeof bytes);
  expect(count == -LINUX_ERROR_NOT_FOUND, "a missing file is told as that");
  count = linux_read_file((const uint8_t *)"/proc/self/maps", bytes, sizeof bytes);
  expect(count == -LINUX_ERROR_FILE_TOO_LARGE, "a file too large is told as that");
  linux_close(first);
}

static void signals(void) {
  // 34 is what glibc's `kill -s RTMIN` sends, and Python's.
  const int sent[] = {SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM, SIGRTMIN, 34};
  static const int32_t told[] = {
    LINUX_SIGNAL_HANG_UP, LINUX_SIGNAL_INTERRUPT, LINUX_SIGNAL_USER_1, LINUX_SIGNAL_USER_2,
    LINUX_SIGNAL_TERMINATE, LINUX_SIGNAL_REAL_TIME, LINUX_SIGNAL_REAL_TIME};
  int32_t descriptor = linux_signals_open();
  for (int index = 0; index < 7; index++) {
    kill(getpid(), sent[index]);
    expect(linux_signals_read(descriptor) == told[index], "a signal is told by our number");
  }
  expect(linux_signals_read(descriptor) == -LINUX_ERROR_AGAIN, "no further signal");
}

static void layouts(void) {
  expect(sizeof(struct linux_poll_entry) == 8, "an entry of poll has 8 bytes");
  expect(sizeof(struct linux_ready) == 8, "a ready event has 8 bytes");
  expect(sizeof(struct linux_piece) == 16, "a piece has 16 bytes");
  expect(sizeof(struct linux_peer) == 20, "a peer has 20 bytes");
}

#if defined(__arm__) || defined(__mips__)
// A real processor, or its kernel, stops a program here: if the emulator does not, then our tests
// under it prove nothing about alignment.
static void misalign(int signal) {
  static const char words[] = "an address that is not aligned is found\n";
  (void)signal;
  (void)!write(1, words, sizeof words - 1);
  _exit(failures > 0);
}

static void alignment(void) {
  static uint32_t words[4];
  signal(SIGBUS, misalign);
  uint8_t *odd = (uint8_t *)words + 1;
#ifdef __arm__
  uint32_t low, high;
  __asm__ volatile("ldmia %2, {r4, r5}\n mov %0, r4\n mov %1, r5"
                   : "=r"(low), "=r"(high) : "r"(odd) : "r4", "r5", "memory");
#else
  uint32_t word;
  __asm__ volatile(".set push\n .set noreorder\n lw %0, 0(%1)\n .set pop"
                   : "=r"(word) : "r"(odd) : "memory");
#endif
  expect(false, "an address that is not aligned is found");
}
#else
static void alignment(void) {}
#endif

int main(void) {
  layouts();
  clocks();
  certificates();
  errors();
  signals();
  alignment();
  return failures > 0;
}
