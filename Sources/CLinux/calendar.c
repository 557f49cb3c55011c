#include "system.h"
#include <string.h>
#include <time.h>

// The library's strftime would bring the whole family of printf into a static program.

struct text {
  uint8_t *bytes;
  uint32_t capacity;
  uint32_t length;
  bool overflowed;
};

static const char *const days = "SunMonTueWedThuFriSat";
static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

#ifdef SWIFTLET_UTC
// A board that counts kilobytes logs in UTC: time zones would cost it ten of code, `malloc` among it.
void linux_read_time_zone(void) {}
#define broken_down gmtime_r
#else
void linux_read_time_zone(void) { tzset(); }
#define broken_down localtime_r
#endif

static void append(struct text *text, const char *bytes, uint32_t count) {
  if (text->capacity - text->length < count) {
    text->overflowed = true;
    return;
  }
  memcpy(text->bytes + text->length, bytes, count);
  text->length += count;
}

static void append_number(struct text *text, int64_t number, uint32_t width, char padding) {
  char digits[24];
  uint32_t first = sizeof digits;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do {
    digits[--first] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  while (sizeof digits - first < width) digits[--first] = padding;
  if (number < 0) append(text, "-", 1);
  append(text, digits + first, (uint32_t)sizeof digits - first);
}

static void append_zone(struct text *text, long seconds_east) {
  append(text, seconds_east < 0 ? "-" : "+", 1);
  long minutes = (seconds_east < 0 ? -seconds_east : seconds_east) / 60;
  append_number(text, minutes / 60 * 100 + minutes % 60, 4, '0');
}

// Conversions that are others written in one letter.
static const char *expansion(char conversion) {
  switch (conversion) {
    case 'F': return "%Y-%m-%d";
    case 'R': return "%H:%M";
    case 'T': return "%H:%M:%S";
    default: return 0;
  }
}

static void append_conversion(
  struct text *text, char conversion, const struct tm *date, int64_t seconds) {
  switch (conversion) {
    case 'a': return append(text, days + 3 * date->tm_wday, 3);
    case 'b': return append(text, months + 3 * date->tm_mon, 3);
    case 'd': return append_number(text, date->tm_mday, 2, '0');
    case 'e': return append_number(text, date->tm_mday, 2, ' ');
    case 'H': return append_number(text, date->tm_hour, 2, '0');
    case 'I': return append_number(text, (date->tm_hour + 11) % 12 + 1, 2, '0');
    case 'j': return append_number(text, date->tm_yday + 1, 3, '0');
    case 'm': return append_number(text, date->tm_mon + 1, 2, '0');
    case 'M': return append_number(text, date->tm_min, 2, '0');
    case 'p': return append(text, date->tm_hour < 12 ? "AM" : "PM", 2);
    case 's': return append_number(text, seconds, 1, '0');
    case 'S': return append_number(text, date->tm_sec, 2, '0');
    case 'y': return append_number(text, date->tm_year % 100, 2, '0');
    case 'Y': return append_number(text, date->tm_year + 1900, 4, '0');
    case 'z': return append_zone(text, date->tm_gmtoff);
    case 'Z': return append(text, date->tm_zone, (uint32_t)strlen(date->tm_zone));
    case '%': return append(text, "%", 1);
    default:  // not ours: left as it was written
      append(text, "%", 1);
      append(text, &conversion, 1);
  }
}

static void append_date(
  struct text *text, const char *format, const struct tm *date, int64_t seconds) {
  for (const char *next = format; *next; next++) {
    if (*next != '%' || next[1] == 0) {
      append(text, next, 1);
      continue;
    }
    next++;
    const char *longer = expansion(*next);
    if (longer) append_date(text, longer, date, seconds);
    else append_conversion(text, *next, date, seconds);
  }
}

uint32_t linux_local_time(
  int64_t seconds, const uint8_t *format, uint8_t *out, uint32_t capacity) {
  time_t now = seconds;
  struct tm date;
  if (!broken_down(&now, &date)) return 0;
  struct text text = {.bytes = out, .capacity = capacity};
  append_date(&text, (const char *)format, &date, seconds);
  return text.overflowed ? 0 : text.length;
}
