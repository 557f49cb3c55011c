#include "system.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

int32_t linux_process_identifier(void) { return getpid(); }

int64_t linux_raise_descriptor_limit(uint64_t wanted) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  if (limit.rlim_cur >= wanted) return (int64_t)limit.rlim_cur;
  struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};
  if (raised.rlim_max < wanted) raised.rlim_max = wanted;
  // Only root may raise the upper limit: others get as much as it allows.
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return (int64_t)wanted;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : (int64_t)limit.rlim_cur;
}

int32_t linux_daemonise(void) {
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child > 0) _exit(0);
  if (setsid() < 0) return -errno;
  int nowhere;
  RETRIED(nowhere, open("/dev/null", O_RDWR | O_CLOEXEC));
  if (nowhere < 0) return -errno;
  for (int standard = 0; standard < 3; standard++) {
    if (dup2(nowhere, standard) < 0) return -errno;
  }
  if (nowhere > 2) close(nowhere);
  return 0;
}
