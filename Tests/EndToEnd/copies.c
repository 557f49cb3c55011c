// Compares Sources/CLinux/copies.c, under other names, with the obvious loop: every short length, those
// around each of its borders, every distance of source and target that overlaps, and what lies beside.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void *own_memcpy(void *, const void *, size_t);
void *own_memmove(void *, const void *, size_t);

enum { SIZE = 9000, MIDDLE = 4400 };
static uint8_t given[SIZE], wanted[SIZE];

static void fill(void) {
  for (size_t index = 0; index < SIZE; index++) given[index] = wanted[index] = (uint8_t)(index * 167 >> 3);
}

static void check(const char *name, size_t count, ptrdiff_t distance, const void *result) {
  int is_same = result == given + MIDDLE + distance;
  for (size_t index = 0; index < SIZE; index++) is_same &= given[index] == wanted[index];
  if (is_same) return;
  printf("%s of %zu bytes to %td is wrong\n", name, count, distance);
  __builtin_trap();
}

static void copy(size_t count, ptrdiff_t distance) {
  static volatile uint8_t before[SIZE];
  fill();
  for (size_t index = 0; index < count; index++) before[index] = wanted[MIDDLE + index];
  for (size_t index = 0; index < count; index++) wanted[MIDDLE + distance + index] = before[index];
  check("memmove", count, distance, own_memmove(given + MIDDLE + distance, given + MIDDLE, count));
  if ((size_t)(distance < 0 ? -distance : distance) < count) return;
  fill();
  for (size_t index = 0; index < count; index++) wanted[MIDDLE + distance + index] = before[index];
  check("memcpy", count, distance, own_memcpy(given + MIDDLE + distance, given + MIDDLE, count));
}

int main(void) {
  static const size_t long_ones[] = {127, 128, 129, 1000, 2047, 2048, 2049, 2100};
  for (size_t count = 0; count <= 100; count++)
    for (ptrdiff_t distance = -140; distance <= 140; distance++) copy(count, distance);
  for (size_t one = 0; one < sizeof long_ones / sizeof *long_ones; one++)
    for (ptrdiff_t distance = -2200; distance <= 2200; distance += 11) copy(long_ones[one], distance);
  return 0;
}
