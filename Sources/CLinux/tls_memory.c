// The memory of the TLS library, which asks for it with calloc() and free(): in the copy of it that
// we link both have the names that they have here, so that its share is as fixed as every other.
//
// The two buffers of a connection, most of what it takes, have slots of whole pages of their own:
// what was never touched is not resident, and what is given back is not any more. Small things come
// from a heap with a list of free blocks for each power of two, which merges neighbours at once.
#include "tls.h"
#ifdef SWIFTLET_TLS
#include <string.h>
#include <sys/mman.h>

// Of the blocks in the list where one might fit so many are tried before a larger one is cut.
enum { UNIT = 16, BINS = 28, LARGE = 8192, TRIES = 16 };
static const uint32_t NONE = UINT32_MAX;
static const uint32_t USED = 0x80000000;

// In units of 16 bytes, as everything here. The links are those of the free list.
struct block {
  uint32_t size;
  uint32_t before;
  uint32_t next;
  uint32_t previous;
};

static struct linux_tls_memory memory;
static uint32_t free_slot_count;
static uint32_t bins[BINS];
static struct linux_tls_use use;

static struct block *at(uint32_t place) { return (struct block *)(memory.heap + place * UNIT); }
static uint32_t size_of(const struct block *block) { return block->size & ~USED; }
static bool is_used(const struct block *block) { return block->size & USED; }
static uint32_t bin_of(uint32_t size) { return 31 - (uint32_t)__builtin_clz(size); }

static void link_free(uint32_t place) {
  uint32_t *head = &bins[bin_of(at(place)->size)];
  at(place)->next = *head;
  at(place)->previous = NONE;
  if (*head != NONE) at(*head)->previous = place;
  *head = place;
}

static void unlink_free(uint32_t place) {
  struct block *block = at(place);
  if (block->next != NONE) at(block->next)->previous = block->previous;
  if (block->previous != NONE) at(block->previous)->next = block->next;
  else bins[bin_of(block->size)] = block->next;
}

// Sets the size of a block, and what its neighbour knows of it.
static void resize(uint32_t place, uint32_t size) {
  at(place)->size = size;
  at(place + size)->before = size;
}

void linux_tls_set_memory(struct linux_tls_memory given) {
  memory = given;
  use = (struct linux_tls_use){0};
  for (uint32_t bin = 0; bin < BINS; bin++) bins[bin] = NONE;
  free_slot_count = given.buffer_count;
  for (uint32_t slot = 0; slot < given.buffer_count; slot++) {
    memory.free_slots[slot] = given.buffer_count - 1 - slot;
  }
  uint32_t units = given.heap_bytes / UNIT;
  if (units < 3) return;
  // The last unit is a block without room that is always in use: nobody merges beyond it.
  resize(0, units - 1);
  at(units - 1)->size = USED;
  link_free(0);
}

struct linux_tls_use linux_tls_memory_use(void) { return use; }

uint32_t tls_refused_memory(void) { return use.heap_refused; }

static uint32_t find_free(uint32_t size) {
  uint32_t bin = bin_of(size);
  uint32_t place = bins[bin];
  for (int tries = 0; place != NONE && tries < TRIES; tries++, place = at(place)->next) {
    if (at(place)->size >= size) return place;
  }
  for (uint32_t larger = bin + 1; larger < BINS; larger++) {
    if (bins[larger] != NONE) return bins[larger];
  }
  // Before memory is refused the whole list is tried.
  while (place != NONE && at(place)->size < size) place = at(place)->next;
  return place;
}

static void *take_from_heap(size_t bytes) {
  if (bytes > memory.heap_bytes) return 0;
  uint32_t size = (uint32_t)((bytes + UNIT - 1) / UNIT) + 1;
  uint32_t place = find_free(size);
  if (place == NONE) return 0;
  unlink_free(place);
  uint32_t rest = at(place)->size - size;
  if (rest > 0) {
    resize(place, size);
    resize(place + size, rest);
    link_free(place + size);
  }
  use.heap_bytes += at(place)->size * UNIT;
  if (use.heap_bytes > use.heap_peak) use.heap_peak = use.heap_bytes;
  at(place)->size |= USED;
  return memset(at(place) + 1, 0, bytes);
}

static void give_to_heap(void *bytes) {
  uint32_t place = (uint32_t)(((uint8_t *)bytes - memory.heap) / UNIT) - 1;
  uint32_t size = size_of(at(place));
  use.heap_bytes -= size * UNIT;
  uint32_t next = place + size;
  if (!is_used(at(next))) {
    unlink_free(next);
    size += at(next)->size;
  }
  uint32_t before = at(place)->before;
  if (place > 0 && !is_used(at(place - before))) {
    place -= before;
    unlink_free(place);
    size += at(place)->size;
  }
  resize(place, size);
  link_free(place);
}

static void *take_slot(void) {
  uint32_t slot = memory.free_slots[--free_slot_count];
  use.buffers += 1;
  if (use.buffers > use.buffers_peak) use.buffers_peak = use.buffers;
  return memory.buffers + (uint64_t)slot * LINUX_TLS_BUFFER_BYTES;
}

static void give_slot(uint8_t *bytes) {
  // The pages come back as zeros when they are touched again; locked ones are cleared by hand.
  if (madvise(bytes, LINUX_TLS_BUFFER_BYTES, MADV_DONTNEED) < 0) {
    memset(bytes, 0, LINUX_TLS_BUFFER_BYTES);
  }
  uint64_t slot = (uint64_t)(bytes - memory.buffers) / LINUX_TLS_BUFFER_BYTES;
  memory.free_slots[free_slot_count++] = (uint32_t)slot;
  use.buffers -= 1;
}

void *linux_tls_calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return 0;
  bool is_large = bytes > LARGE && bytes <= LINUX_TLS_BUFFER_BYTES && free_slot_count > 0;
  void *found = is_large ? take_slot() : take_from_heap(bytes);
  if (!found) use.heap_refused += 1;
  return found;
}

void linux_tls_free(void *bytes) {
  if (!bytes) return;
  uint8_t *address = bytes;
  if (address >= memory.heap && address < memory.heap + memory.heap_bytes) {
    give_to_heap(bytes);
  } else {
    give_slot(bytes);
  }
}
#endif
