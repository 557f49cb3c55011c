#include "system.h"
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

// The first real-time signal as people send it has glibc's number, whatever C library is in the image;
// musl keeps that one for itself, to tell threads of each other, of which there are none here. Nor does
// it let its functions name it, so it is put into the set by its bit.
enum { FIRST_REAL_TIME = 34 };

static void add_real_time(sigset_t *set) {
  sigaddset(set, SIGRTMIN);
  unsigned long *words = (unsigned long *)set;
  const unsigned bits = 8 * sizeof *words;
  words[(FIRST_REAL_TIME - 1) / bits] |= 1ul << (FIRST_REAL_TIME - 1) % bits;
}

int32_t linux_signals_open(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  add_real_time(&set);
  if (sigprocmask(SIG_BLOCK, &set, 0) < 0) return -errno;
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return -errno;
  int descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int32_t linux_signals_read(int32_t descriptor) {
  struct signalfd_siginfo taken;
  ssize_t count;
  RETRIED(count, read(descriptor, &taken, sizeof taken));
  if (count < 0) return -errno;
  if (taken.ssi_signo == FIRST_REAL_TIME || taken.ssi_signo == (uint32_t)SIGRTMIN) return LINUX_SIGNAL_REAL_TIME;
  switch (taken.ssi_signo) {
    case SIGHUP: return LINUX_SIGNAL_HANG_UP;
    case SIGINT: return LINUX_SIGNAL_INTERRUPT;
    case SIGUSR1: return LINUX_SIGNAL_USER_1;
    case SIGUSR2: return LINUX_SIGNAL_USER_2;
    case SIGTERM: return LINUX_SIGNAL_TERMINATE;
    default: return -EINVAL;
  }
}
