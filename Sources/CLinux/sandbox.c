#include "system.h"
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// What the program may still ask of the system once it runs: a filter that the kernel holds against
// each call. The numbers of the calls come from the headers of the machine it is built for.
//
// A call that the broker has no use for fails with EPERM: a C library that tries a newer call than
// this list knows falls back or fails as it would on an older kernel, and the broker goes on. Where
// the kernel can log (4.14) it does. Only what nobody but an intruder would try ends the process at
// once: to run another program, or to be another architecture. Memory is among what is refused:
// the kernel itself sees to it that nothing is allocated.

// The kernel's own types, which not every C library comes with.
struct instruction {
  uint16_t code;
  uint8_t if_true, if_false;
  uint32_t value;
};
struct program {
  uint16_t count;
  const struct instruction *instructions;
};

#define LOAD(offset) {0x20, 0, 0, (offset)}
#define SKIP_IF_EQUAL(number, yes, no) {0x15, (yes), (no), (number)}
#define ANSWER(action) {0x06, 0, 0, (action)}
#define ALLOW 0x7fff0000u
#define REFUSE (0x00050000u | EPERM)
#define KILL_PROCESS 0x80000000u
#define IF(number, action) SKIP_IF_EQUAL(number, 0, 1), ANSWER(action)
#define ALLOWED(name) IF(SYS_##name, ALLOW)

// Where the kernel puts the number, the architecture and the low half of the first argument.
#define NUMBER 0
#define ARCHITECTURE 4
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FIRST_ARGUMENT 20
#else
#define FIRST_ARGUMENT 16
#endif

// As `linux/audit.h` has them: the ELF machine, a bit for 64, a bit for little-endian.
#if defined(__x86_64__)
#define THIS_ARCHITECTURE 0xc000003eu
#elif defined(__i386__)
#define THIS_ARCHITECTURE 0x40000003u
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE 0xc00000b7u
#elif defined(__arm__)
#define THIS_ARCHITECTURE 0x40000028u
#elif defined(__mips__) && !defined(__mips64) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define THIS_ARCHITECTURE 0x00000008u
#elif defined(__mips__) && !defined(__mips64)
#define THIS_ARCHITECTURE 0x40000008u
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCHITECTURE 0xc00000f3u
#endif

#ifdef THIS_ARCHITECTURE
static const struct instruction filter[] = {
  LOAD(ARCHITECTURE),
  SKIP_IF_EQUAL(THIS_ARCHITECTURE, 1, 0),
  ANSWER(KILL_PROCESS),
  LOAD(NUMBER),
  // Every turn, the most frequent first.
  ALLOWED(sendmsg),
#ifdef SYS_recvfrom
  ALLOWED(recvfrom),
#endif
#ifdef SYS_recv  // calls of their own on some machines
  ALLOWED(recv),
#endif
#ifdef SYS_send
  ALLOWED(send),
#endif
#ifdef SYS_poll
  ALLOWED(poll),
#endif
#ifdef SYS_ppoll
  ALLOWED(ppoll),
#endif
#ifdef SYS_ppoll_time64
  ALLOWED(ppoll_time64),
#endif
#ifdef SYS_epoll_wait
  ALLOWED(epoll_wait),
#endif
  ALLOWED(epoll_pwait),
  ALLOWED(epoll_ctl),
  // The clock, where the kernel has no page of its own for it.
#ifdef SYS_clock_gettime
  ALLOWED(clock_gettime),
#endif
#ifdef SYS_clock_gettime32  // musl's name for the old one of 32 bits
  ALLOWED(clock_gettime32),
#endif
#ifdef SYS_clock_gettime64
  ALLOWED(clock_gettime64),
#endif
#ifdef SYS_gettimeofday
  ALLOWED(gettimeofday),
#endif
#ifdef SYS_gettimeofday_time32
  ALLOWED(gettimeofday_time32),
#endif
#ifdef SYS_time
  ALLOWED(time),
#endif
  // Connections that come and go.
#ifdef SYS_accept4
  ALLOWED(accept4),
#endif
  ALLOWED(setsockopt),
  ALLOWED(getsockopt),
  ALLOWED(getsockname),
  ALLOWED(getpeername),
  ALLOWED(shutdown),
  ALLOWED(close),
  ALLOWED(recvmsg),
  ALLOWED(sendto),
  ALLOWED(read),
#ifdef SYS_readv
  ALLOWED(readv),
#endif
  ALLOWED(write),
  ALLOWED(writev),
  // The pages of a TLS connection that is closed go back to the system.
  ALLOWED(madvise),
  // Files that SIGHUP and SIGRTMIN open again, and what is kept on storage.
#ifdef SYS_open
  ALLOWED(open),
#endif
  ALLOWED(openat),
#ifdef SYS_fcntl
  ALLOWED(fcntl),
#endif
#ifdef SYS_fcntl64
  ALLOWED(fcntl64),
#endif
#ifdef SYS_fstat
  ALLOWED(fstat),
#endif
#ifdef SYS_fstat64
  ALLOWED(fstat64),
#endif
#ifdef SYS_stat
  ALLOWED(stat),
#endif
#ifdef SYS_stat64
  ALLOWED(stat64),
#endif
#ifdef SYS_lstat
  ALLOWED(lstat),
#endif
#ifdef SYS_newfstatat
  ALLOWED(newfstatat),
#endif
#ifdef SYS_fstatat64
  ALLOWED(fstatat64),
#endif
#ifdef SYS_statx
  ALLOWED(statx),
#endif
#ifdef SYS_getdents64
  ALLOWED(getdents64),
#endif
#ifdef SYS_lseek
  ALLOWED(lseek),
#endif
#ifdef SYS__llseek
  ALLOWED(_llseek),
#endif
#ifdef SYS_pread64
  ALLOWED(pread64),
#endif
#ifdef SYS_pwrite64
  ALLOWED(pwrite64),
#endif
  ALLOWED(fsync),
  ALLOWED(fdatasync),
#ifdef SYS_ftruncate
  ALLOWED(ftruncate),
#endif
#ifdef SYS_ftruncate64
  ALLOWED(ftruncate64),
#endif
#ifdef SYS_unlink
  ALLOWED(unlink),
#endif
  ALLOWED(unlinkat),
#ifdef SYS_rename
  ALLOWED(rename),
#endif
#ifdef SYS_renameat
  ALLOWED(renameat),
#endif
#ifdef SYS_renameat2
  ALLOWED(renameat2),
#endif
  // The rest of a life.
  ALLOWED(getrandom),
  ALLOWED(getpid),
  ALLOWED(rt_sigreturn),
  ALLOWED(rt_sigprocmask),
  ALLOWED(restart_syscall),
  ALLOWED(exit),
  ALLOWED(exit_group),
  ALLOWED(connect),
  IF(SYS_execve, KILL_PROCESS),
  IF(SYS_execveat, KILL_PROCESS),
  // New sockets only for this machine: the log, when its daemon was started again.
  SKIP_IF_EQUAL(SYS_socket, 0, 3),
  LOAD(FIRST_ARGUMENT),
  SKIP_IF_EQUAL(AF_UNIX, 0, 1),
  ANSWER(ALLOW),
  ANSWER(REFUSE),
};

// The names of constants that not every header has.
enum { SET_NO_NEW_PRIVILEGES = 38, SET_SECCOMP = 22, MODE_FILTER = 2 };
enum { OPERATION_FILTER = 1, FLAG_LOG = 2 };

int32_t linux_confine(void) {
  struct program program = {sizeof filter / sizeof *filter, filter};
  if (prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) < 0) return -errno;
#ifdef SYS_seccomp
  if (syscall(SYS_seccomp, OPERATION_FILTER, FLAG_LOG, &program) == 0) return 0;
#endif
  // A kernel that cannot log what it refuses.
  return prctl(SET_SECCOMP, MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}
#else
int32_t linux_confine(void) {
  return prctl(38, 1, 0, 0, 0) < 0 ? -errno : -ENOSYS;
}
#endif

int32_t linux_lock_memory(void) { return mlockall(MCL_CURRENT) < 0 ? -errno : 0; }
