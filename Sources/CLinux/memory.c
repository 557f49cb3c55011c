#include "system.h"
#include <sys/mman.h>
#include <sys/random.h>

void *linux_map(uint64_t count) {
  if (count > SIZE_MAX) return 0;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *base = mmap(0, (size_t)count, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (base == MAP_FAILED) return 0;
  // A huge page would make two megabytes resident for one byte touched. A kernel without huge
  // pages refuses this advice, which is as good.
  (void)madvise(base, (size_t)count, MADV_NOHUGEPAGE);
  return base;
}

int32_t linux_random(uint8_t *bytes, uint64_t count) {
  while (count > 0) {
    ssize_t filled;
    RETRIED(filled, getrandom(bytes, (size_t)count, 0));
    if (filled < 0) return -errno;
    bytes += filled;
    count -= (uint64_t)filled;
  }
  return 0;
}
