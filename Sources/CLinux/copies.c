// memcpy() and memmove() for images that carry musl on x86-64: its own move eight bytes at a time with
// an instruction that takes dozens of cycles to begin, and most of what a broker copies is short.
// Other C libraries, and musl for other processors, have good ones.
#if defined(LINUX_OWN_COPIES) && defined(__x86_64__)
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t pair __attribute__((vector_size(16), aligned(1), may_alias));

static inline pair load(const uint8_t *from) { return *(const pair *)from; }
static inline void store(uint8_t *to, pair value) { *(pair *)to = value; }

// Up to 32 bytes: everything is read before anything is written, so they may overlap.
static void copy_short(uint8_t *to, const uint8_t *from, size_t count) {
  if (count >= 16) {
    pair first = load(from), last = load(from + count - 16);
    store(to, first);
    store(to + count - 16, last);
  } else if (count >= 8) {
    uint64_t first, last;
    __builtin_memcpy(&first, from, 8);
    __builtin_memcpy(&last, from + count - 8, 8);
    __builtin_memcpy(to, &first, 8);
    __builtin_memcpy(to + count - 8, &last, 8);
  } else if (count >= 4) {
    uint32_t first, last;
    __builtin_memcpy(&first, from, 4);
    __builtin_memcpy(&last, from + count - 4, 4);
    __builtin_memcpy(to, &first, 4);
    __builtin_memcpy(to + count - 4, &last, 4);
  } else if (count > 0) {
    uint8_t first = from[0], middle = from[count / 2], last = from[count - 1];
    to[0] = first;
    to[count / 2] = middle;
    to[count - 1] = last;
  }
}

static void copy_upwards(uint8_t *to, const uint8_t *from, size_t count) {
  pair last_but_one = load(from + count - 32), last = load(from + count - 16);
  uint8_t *end = to + count;
  for (; count > 32; count -= 32, to += 32, from += 32) {
    pair first = load(from), second = load(from + 16);
    store(to, first);
    store(to + 16, second);
  }
  store(end - 32, last_but_one);
  store(end - 16, last);
}

static void copy_downwards(uint8_t *to, const uint8_t *from, size_t count) {
  pair first = load(from), second = load(from + 16);
  for (; count > 32; count -= 32) {
    pair last = load(from + count - 16), last_but_one = load(from + count - 32);
    store(to + count - 16, last);
    store(to + count - 32, last_but_one);
  }
  store(to, first);
  store(to + 16, second);
}

// From here on the processor's own instruction is faster than anything else.
enum { LONG = 2048 };

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  if (count <= 32) {
    copy_short(to, from, count);
  } else if (count < LONG) {
    copy_upwards(to, from, count);
  } else {
    void *end = to;
    __asm__ volatile("rep movsb" : "+D"(end), "+S"(from), "+c"(count) : : "memory");
  }
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  if (count <= 32) {
    copy_short(to, from, count);
  } else if ((uintptr_t)to - (uintptr_t)from >= count) {
    copy_upwards(to, from, count);
  } else {
    copy_downwards(to, from, count);
  }
  return to;
}
#endif
