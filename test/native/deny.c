/* deny ENOSYS|EPERM|NUMBER COMMAND…: runs a command for which rseq fails so, in every thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seccomp.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: deny ENOSYS|EPERM|NUMBER COMMAND...\n");
    return 2;
  }
  const int error = strcmp(argv[1], "ENOSYS") == 0  ? ENOSYS
                    : strcmp(argv[1], "EPERM") == 0 ? EPERM
                                                    : atoi(argv[1]);
  const int failed = deny_rseq(error, 0);
  if (failed != 0) {
    fprintf(stderr, "deny: no seccomp filter can be set: %s\n", strerror(failed));
    return 2;
  }
  execvp(argv[2], argv + 2);
  perror(argv[2]);
  return 127;
}
