// What every file here needs before the first system header.
#ifndef SYSTEM_H
#define SYSTEM_H
#define _GNU_SOURCE
// Wall-clock seconds and file offsets of 64 bits on 32-bit machines too.
#define _FILE_OFFSET_BITS 64
#define _TIME_BITS 64
#include <errno.h>
#include "CLinux.h"

// Makes a call again for as long as signals interrupt it.
#define RETRIED(result, call) \
  do { (result) = (call); } while ((result) < 0 && errno == EINTR)
#endif
