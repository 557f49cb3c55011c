#include "system.h"
#include <time.h>

_Static_assert(sizeof(time_t) == 8, "the wall clock must outlast the year 2038");

static void read_boottime(struct timespec *now) {
  // Kernels before 2.6.39 have no boot-time clock: theirs stands still while asleep.
  if (clock_gettime(CLOCK_BOOTTIME, now) != 0) (void)clock_gettime(CLOCK_MONOTONIC, now);
}

int64_t linux_seconds_since_1970(void) { return time(0); }

int64_t linux_boottime_milliseconds(void) {
  struct timespec now = {0};
  read_boottime(&now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t linux_boottime_microseconds(void) {
  struct timespec now = {0};
  read_boottime(&now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
