// What Swiftlet asks of Linux, in types that are the same on every machine: no system header is
// included here, so that the Swift side never depends on one architecture's layouts.
#ifndef CLINUX_H
#define CLINUX_H
#include <stdint.h>

// Maps `count` zeroed bytes that are resident only once touched; NULL when the system refuses.
void *_Nullable linux_map(uint64_t count);
// Writes bytes to a descriptor; the count written, or a negative errno.
int64_t linux_write(int32_t descriptor, const uint8_t *_Nonnull bytes, uint64_t count);
#endif
