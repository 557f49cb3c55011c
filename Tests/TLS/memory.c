// Proves Sources/CLinux/tls_memory.c against a model: random requests of every size, each filled
// with a pattern of its own and found as it was left; then the heap to its last byte; then nothing
// may be left, and one request must get all of it.
#include <CLinux.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *linux_tls_calloc(size_t count, size_t size);
void linux_tls_free(void *bytes);

enum { UNIT = 16, PAGE = 4096, KEPT_MAX = 4096, LARGE = 8192 };
#define REQUIRE(condition)                                                          \
  do {                                                                              \
    if (!(condition)) {                                                             \
      printf("seed %u, step %u, line %d: %s\n", seed, step, __LINE__, #condition);  \
      exit(1);                                                                      \
    }                                                                               \
  } while (0)

struct kept {
  uint8_t *bytes;
  size_t count;
  uint8_t pattern;
};

static unsigned seed, step;
static struct kept kept[KEPT_MAX];
static uint32_t kept_count;
static uint8_t *heap, *buffers;
static uint32_t heap_bytes, buffer_count;

static uint32_t random_number(void) {
  static uint64_t state;
  if (step == 0) state = seed * 0x9E3779B97F4A7C15u + 1;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)(state >> 32);
}

static size_t random_size(void) {
  switch (random_number() % 8) {
  case 0: return random_number() % 8;
  case 1: case 2: case 3: return random_number() % 100;
  case 4: case 5: return random_number() % 2000;
  case 6: return random_number() % LARGE;
  default: return random_number() % (LINUX_TLS_BUFFER_BYTES + 100);
  }
}

static size_t units(size_t bytes) { return (bytes + UNIT - 1) / UNIT + 1; }
static int is_of_heap(const uint8_t *bytes) { return bytes >= heap && bytes < heap + heap_bytes; }

static uint32_t expected_in_heap(void) {
  size_t sum = 0;
  for (uint32_t index = 0; index < kept_count; index++) {
    if (is_of_heap(kept[index].bytes)) sum += units(kept[index].count) * UNIT;
  }
  return (uint32_t)sum;
}

static void require_as_left(const struct kept *one) {
  for (size_t index = 0; index < one->count; index++) REQUIRE(one->bytes[index] == one->pattern);
}

static void require_apart(const struct kept *one) {
  for (uint32_t index = 0; index < kept_count; index++) {
    const struct kept *other = &kept[index];
    REQUIRE(one->bytes + one->count <= other->bytes || other->bytes + other->count <= one->bytes);
  }
}

static int take(size_t count) {
  struct kept new = {linux_tls_calloc(1, count), count, (uint8_t)random_number()};
  if (!new.bytes) return 0;
  REQUIRE((uintptr_t)new.bytes % UNIT == 0);
  for (size_t index = 0; index < count; index++) REQUIRE(new.bytes[index] == 0);
  if (is_of_heap(new.bytes)) {
    REQUIRE(new.bytes + count <= heap + heap_bytes);
  } else {
    REQUIRE(count > LARGE && (size_t)(new.bytes - buffers) % LINUX_TLS_BUFFER_BYTES == 0);
    REQUIRE(new.bytes + count <= buffers + (size_t)buffer_count * LINUX_TLS_BUFFER_BYTES);
  }
  require_apart(&new);
  memset(new.bytes, new.pattern, count);
  kept[kept_count++] = new;
  return 1;
}

static void give(uint32_t index) {
  require_as_left(&kept[index]);
  linux_tls_free(kept[index].bytes);
  kept[index] = kept[--kept_count];
}

static void give_all(void) {
  while (kept_count > 0) give(random_number() % kept_count);
}

// Freed in whatever order, it is one piece again.
static void require_whole(void) {
  REQUIRE(linux_tls_memory_use().heap_bytes == 0 && linux_tls_memory_use().buffers == 0);
  if (heap_bytes / UNIT < 3) return;
  size_t most = (heap_bytes / UNIT - 2) * UNIT;
  if (most > LARGE && most <= LINUX_TLS_BUFFER_BYTES) return;
  REQUIRE(take(most));
  uint32_t refused = linux_tls_memory_use().heap_refused;
  REQUIRE(linux_tls_calloc(1, 1) == 0);
  REQUIRE(linux_tls_memory_use().heap_refused == refused + 1);
  give(0);
  REQUIRE(linux_tls_calloc(1, most + 1) == 0 || most + 1 <= LINUX_TLS_BUFFER_BYTES);
}

static void run(uint32_t steps) {
  step = 0;
  uint32_t sizes[] = {0, 16, 47, 48, 64, 1000, 4096, 100000, 1 << 20};
  heap_bytes = sizes[random_number() % (sizeof sizes / sizeof *sizes)];
  buffer_count = random_number() % 9;
  heap = aligned_alloc(PAGE, (heap_bytes + PAGE) / PAGE * PAGE);
  buffers = aligned_alloc(PAGE, (size_t)buffer_count * LINUX_TLS_BUFFER_BYTES + PAGE);
  uint32_t *free_slots = calloc(buffer_count + 1, sizeof *free_slots);
  memset(buffers, 0, (size_t)buffer_count * LINUX_TLS_BUFFER_BYTES);
  memset(heap, 0x5A, heap_bytes);
  linux_tls_set_memory((struct linux_tls_memory){
    .heap = heap, .buffers = buffers, .free_slots = free_slots, .heap_bytes = heap_bytes,
    .buffer_count = buffer_count});
  require_whole();
  for (step = 1; step <= steps; step++) {
    // It fills and empties in turns.
    uint32_t appetite = step / 500 % 2 ? 70 : 30;
    if (random_number() % 100 < appetite && kept_count < KEPT_MAX) (void)take(random_size());
    else if (kept_count > 0) give(random_number() % kept_count);
    REQUIRE(linux_tls_memory_use().heap_bytes == expected_in_heap());
    REQUIRE(linux_tls_memory_use().heap_peak >= linux_tls_memory_use().heap_bytes);
    REQUIRE(linux_tls_memory_use().buffers <= buffer_count);
  }
  while (kept_count < KEPT_MAX && take(random_number() % 3000)) step += 1;
  REQUIRE(linux_tls_calloc(SIZE_MAX / 2, 3) == 0);
  REQUIRE(linux_tls_calloc(1, SIZE_MAX) == 0);
  linux_tls_free(0);
  give_all();
  require_whole();
  free(heap), free(buffers), free(free_slots);
}

int main(int count, char **arguments) {
  unsigned runs = count > 1 ? (unsigned)atoi(arguments[1]) : 50;
  for (seed = 1; seed <= runs; seed++) run(3000);
  printf("tls memory: %u runs of 3000 requests, each as the model says\n", runs);
  return 0;
}
