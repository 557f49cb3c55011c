#include "addresses.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

// The next word of a line, ended with a zero where it was; NULL behind the last.
static char *next_word(char **line) {
  char *start = *line + strspn(*line, " \t\r");
  size_t length = strcspn(start, " \t\r#");
  if (length == 0) return 0;
  *line = start + length;
  if (**line == '#') **line = 0;
  if (**line) *(*line)++ = 0;
  return start;
}

// Whether a line of /etc/hosts is about the name, and has an address of the family.
static bool read_host(char *line, int family, const char *name, void *out) {
  const char *number = next_word(&line), *word;
  if (!number || inet_pton(family, number, out) != 1) return false;
  while ((word = next_word(&line))) {
    if (strcasecmp(word, name) == 0) return true;
  }
  return false;
}

// Looks a name up in /etc/hosts, the only place that is asked: a resolver would allocate, and wait.
static bool find_host(int family, const char *name, void *out) {
  int descriptor;
  RETRIED(descriptor, open("/etc/hosts", O_RDONLY | O_CLOEXEC));
  if (descriptor < 0) return false;
  char piece[512], line[512];
  size_t length = 0;
  bool is_found = false;
  ssize_t count;
  do {
    RETRIED(count, read(descriptor, piece, sizeof piece));
    // The last line may have no end.
    if (count == 0) piece[0] = '\n';
    for (ssize_t index = 0; index < (count ? count : 1) && !is_found; index++) {
      if (piece[index] != '\n') {
        if (length < sizeof line - 1) line[length++] = piece[index];
        continue;
      }
      line[length] = 0;
      length = 0;
      is_found = read_host(line, family, name, out);
    }
  } while (count > 0 && !is_found);
  close(descriptor);
  return is_found;
}

static bool read_address(int family, const char *text, const char *local, void *out) {
  if (!text) return true;  // all addresses: zeros in both families
  if (strcmp(text, "localhost") == 0) text = local;
  return inet_pton(family, text, out) == 1 || find_host(family, text, out);
}

bool linux_is_name(const uint8_t *text) {
  union address address;
  return inet_pton(AF_INET, (const char *)text, &address.four.sin_addr) != 1
    && inet_pton(AF_INET6, (const char *)text, &address.six.sin6_addr) != 1;
}

int32_t address_from_text(
  union address *address, const char *text, int32_t family, uint16_t port) {
  memset(address, 0, sizeof *address);
  // All addresses of both families are one socket of the sixth version.
  bool four = family == 4 || (family == 0 && text);
  if (four && read_address(AF_INET, text, "127.0.0.1", &address->four.sin_addr)) {
    address->four.sin_family = AF_INET;
    address->four.sin_port = htons(port);
    return sizeof address->four;
  }
  bool six = family == 6 || family == 0;
  if (six && read_address(AF_INET6, text, "::1", &address->six.sin6_addr)) {
    address->six.sin6_family = AF_INET6;
    address->six.sin6_port = htons(port);
    return sizeof address->six;
  }
  return -EINVAL;
}

uint16_t address_port(const union address *address) {
  if (address->any.sa_family == AF_UNIX) return 0;
  bool six = address->any.sa_family == AF_INET6;
  return ntohs(six ? address->six.sin6_port : address->four.sin_port);
}

static uint8_t *write_decimal(uint8_t *out, uint8_t number) {
  if (number >= 100) *out++ = (uint8_t)('0' + number / 100);
  if (number >= 10) *out++ = (uint8_t)('0' + number / 10 % 10);
  *out++ = (uint8_t)('0' + number % 10);
  return out;
}

static uint8_t *write_hexadecimal(uint8_t *out, uint32_t number) {
  for (int shift = 12; shift >= 0; shift -= 4) {
    if (shift > 0 && number >> shift == 0) continue;
    *out++ = (uint8_t)"0123456789abcdef"[number >> shift & 15];
  }
  return out;
}

static uint8_t *write_four(uint8_t *out, const uint8_t *bytes) {
  for (int index = 0; index < 4; index++) {
    if (index > 0) *out++ = '.';
    out = write_decimal(out, bytes[index]);
  }
  return out;
}

static uint32_t group(const uint8_t *bytes, int index) {
  return (uint32_t)bytes[2 * index] << 8 | bytes[2 * index + 1];
}

// The first of the longest runs of zero groups; a single one is not shortened.
static void find_longest_zeros(const uint8_t *bytes, int *start, int *count) {
  *start = -1;
  *count = 1;
  for (int index = 0; index < 8; index++) {
    int end = index;
    while (end < 8 && group(bytes, end) == 0) end++;
    if (end - index > *count) {
      *start = index;
      *count = end - index;
    }
    if (end > index) index = end;
  }
}

static uint8_t *write_six(uint8_t *out, const uint8_t *bytes) {
  int start, count;
  find_longest_zeros(bytes, &start, &count);
  for (int index = 0; index < 8; index++) {
    if (index == start) {
      *out++ = ':';
      if (start + count == 8) *out++ = ':';
      index += count - 1;
      continue;
    }
    if (index > 0) *out++ = ':';
    out = write_hexadecimal(out, group(bytes, index));
  }
  return out;
}

uint8_t address_to_text(const union address *address, uint8_t *out) {
  if (address->any.sa_family == AF_UNIX) {
    memcpy(out, "local", 5);
    return 5;
  }
  if (address->any.sa_family == AF_INET) {
    return (uint8_t)(write_four(out, (const uint8_t *)&address->four.sin_addr) - out);
  }
  const uint8_t *bytes = address->six.sin6_addr.s6_addr;
  // A client of the fourth version on a socket of both: known by its own number.
  if (IN6_IS_ADDR_V4MAPPED(&address->six.sin6_addr)) {
    return (uint8_t)(write_four(out, bytes + 12) - out);
  }
  return (uint8_t)(write_six(out, bytes) - out);
}
