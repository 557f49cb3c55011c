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

#ifdef SWIFTLET_SMALL
// Where the linker has put the program's own text.
extern uint8_t __executable_start[], etext[];

// The kernel maps sixteen pages around each one that is touched. Neighbours whose advice differs are
// mappings of their own, beyond which it does not look: one comes alone.
static void part_text(uintptr_t start, uintptr_t end) {
  enum { PART = 4096 };
  for (uintptr_t at = start; at < end; at += 2 * PART)
    (void)madvise((void *)at, at + PART < end ? PART : end - at, MADV_RANDOM);
  (void)madvise((void *)start, end - start, MADV_DONTNEED);
}

void linux_forget_start(void) {
  uintptr_t start = (uintptr_t)__executable_start & ~(uintptr_t)4095;
  part_text(start, ((uintptr_t)etext + 4095) & ~(uintptr_t)4095);
  // Of the stack, what is below the calls that are still to return from.
  uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)4095;
  enum { BELOW = 256 * 1024, KEPT = 4096 };
  (void)madvise((void *)(here - BELOW), BELOW - KEPT, MADV_DONTNEED);
}
#else
void linux_forget_start(void) {}
#endif

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
