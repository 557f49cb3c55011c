// The time of the TLS library, which judges by it whether a certificate is valid. What Debian made for
// processors of 32 bits asks for time of 32 bits, which ends in January 2038; so in the copy of it that
// we link time() and gmtime_r() have the names that they have here, and its numbers have no sign.
// They last until 2106. With 64 bits nothing changes. SHA-1 alone hangs on it too, without TLS.
#include "system.h"
#include <time.h>

_Static_assert(sizeof(unsigned long) == sizeof(void *), "what the library takes time_t for");

unsigned long linux_tls_time(unsigned long *out);
unsigned long linux_tls_time(unsigned long *out) {
  unsigned long now = (unsigned long)linux_seconds_since_1970();
  if (out) *out = now;
  return now;
}

struct tm *linux_tls_gmtime_r(const unsigned long *seconds, struct tm *date);
struct tm *linux_tls_gmtime_r(const unsigned long *seconds, struct tm *date) {
  time_t wide = (time_t)*seconds;
  return gmtime_r(&wide, date);
}
