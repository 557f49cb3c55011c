#include "CLinux.h"
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

void *linux_map(uint64_t count) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *base = mmap(0, count, PROT_READ | PROT_WRITE, flags, -1, 0);
  return base == MAP_FAILED ? 0 : base;
}

int64_t linux_write(int32_t descriptor, const uint8_t *bytes, uint64_t count) {
  ssize_t written;
  do { written = write(descriptor, bytes, count); } while (written < 0 && errno == EINTR);
  return written < 0 ? -errno : written;
}
