#include "system.h"
#include <mbedtls/sha1.h>
#include <mbedtls/version.h>

#if MBEDTLS_VERSION_MAJOR < 3
#define mbedtls_sha1 mbedtls_sha1_ret
#endif

int32_t linux_sha1(const uint8_t *bytes, uint64_t count, uint8_t *digest) {
  return mbedtls_sha1(bytes, (size_t)count, digest) == 0 ? 0 : -EINVAL;
}
