#include "system.h"

_Static_assert(ENOENT == 2 && EAGAIN == 11 && EINVAL == 22, "numbers in the header");
_Static_assert(ENODEV == 19, "numbers in the header");
_Static_assert(ENFILE == 23 && EMFILE == 24 && EFBIG == 27, "numbers in the header");
_Static_assert(EISDIR == 21, "numbers in the header");
const int32_t LINUX_ERROR_IN_USE = EADDRINUSE;

// Our own words: the library's may be translated, and allocated for it.
static const char *words(int32_t error) {
  switch (error < 0 ? -error : error) {
    case 0: return "no error";
    case EPERM: return "operation not permitted";
    case ENOENT: return "no such file or directory";
    case EINTR: return "interrupted";
    case EIO: return "input/output error";
    case EBADF: return "bad descriptor";
    case EAGAIN: return "not ready yet";
    case ENOMEM: return "out of memory";
    case EACCES: return "permission denied";
    case EBUSY: return "device or resource busy";
    case EEXIST: return "file exists";
    case ENODEV: return "no such device";
    case ENOTDIR: return "not a directory";
    case EISDIR: return "is a directory";
    case EINVAL: return "invalid argument";
    case ENFILE: return "too many open files in the system";
    case EMFILE: return "too many open files";
    case ENOTTY: return "not a terminal";
    case EFBIG: return "file too large";
    case ENOSPC: return "no space left on device";
    case EROFS: return "read-only file system";
    case EPIPE: return "broken pipe";
    case ENAMETOOLONG: return "name too long";
    case ENOSYS: return "not known to this kernel";
    case ELOOP: return "too many symbolic links";
    case EOVERFLOW: return "value too large";
    case ENOTSOCK: return "not a socket";
    case EPROTONOSUPPORT: return "protocol not supported";
    case EOPNOTSUPP: return "operation not supported";
    case EAFNOSUPPORT: return "address family not supported";
    case EADDRINUSE: return "address already in use";
    case EADDRNOTAVAIL: return "address not available on this machine";
    case ENETDOWN: return "network is down";
    case ENETUNREACH: return "network unreachable";
    case ECONNABORTED: return "connection aborted";
    case ECONNRESET: return "connection reset by peer";
    case ENOBUFS: return "no buffer space";
    case ENOTCONN: return "not connected";
    case ETIMEDOUT: return "timed out";
    case ECONNREFUSED: return "connection refused";
    case EHOSTUNREACH: return "host unreachable";
    case EDQUOT: return "disk quota exceeded";
    default: return "system error";
  }
}

const uint8_t *linux_error_words(int32_t error) { return (const uint8_t *)words(error); }
