// What Debian's mbedTLS wants of glibc: it was compiled with checks of buffers' bounds, whose
// functions musl does not have. Here they check the same and stop the process as glibc does.
#include "system.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#ifndef __GLIBC__
static void hold(size_t count, size_t room) {
  if (count > room) __builtin_trap();
}

void *__memcpy_chk(void *to, const void *from, size_t count, size_t room);
void *__memcpy_chk(void *to, const void *from, size_t count, size_t room) {
  hold(count, room);
  return memcpy(to, from, count);
}

void *__memset_chk(void *to, int byte, size_t count, size_t room);
void *__memset_chk(void *to, int byte, size_t count, size_t room) {
  hold(count, room);
  return memset(to, byte, count);
}

int __vsnprintf_chk(char *, size_t, int, size_t, const char *, va_list);
int __vsnprintf_chk(
  char *out, size_t count, int flag, size_t room, const char *format, va_list arguments) {
  (void)flag;
  hold(count, room);
  return vsnprintf(out, count, format, arguments);
}

int __snprintf_chk(char *, size_t, int, size_t, const char *, ...);
int __snprintf_chk(char *out, size_t count, int flag, size_t room, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = __vsnprintf_chk(out, count, flag, room, format, arguments);
  va_end(arguments);
  return length;
}

// The library's tests of itself print; nobody calls them.
int __printf_chk(int, const char *, ...);
int __printf_chk(int flag, const char *format, ...) {
  (void)flag;
  (void)format;
  return 0;
}
#endif
