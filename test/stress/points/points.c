/*
 * What the delays that cxx.mjs writes into the sections look at and count. By environment variables:
 *
 *   RSEQ_POINT_PERCENT=N   of so many visits, each point's delay is made (100)
 *   RSEQ_POINT_FILE=PATH   where the aborts of each point are added at the end of the process, as lines of text
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))
#define POINTS 8192

/* On x86-64 the bytes to skip of a delay's pauses, on aarch64 its length. */
#if defined(__x86_64__)
enum { FULL = 0, NONE = 2 * 120 };
#elif defined(__aarch64__)
enum { FULL = 255, NONE = 0 };
#endif

/* Where this thread is, or was when its section was aborted; and a number that takes all values in turn. */
HIDDEN __thread struct {
  uint64_t point;
  uint64_t turn;
} rseq_point __attribute__((tls_model("initial-exec")));

/* By the low byte of the turn. */
HIDDEN uint8_t rseq_point_delays[256];
HIDDEN uint64_t rseq_point_aborts[POINTS];

__attribute__((constructor)) static void prepare(void) {
  const char* percent = getenv("RSEQ_POINT_PERCENT");
  const long delayed = percent != NULL ? strtol(percent, NULL, 10) * 256 / 100 : 256;
  for (long i = 0; i < 256; ++i) rseq_point_delays[i] = i < delayed ? FULL : NONE;
}

static char* number(char* to, uint64_t value, char after) {
  char digits[20];
  int length = 0;
  do digits[length++] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  while (length > 0) *to++ = digits[--length];
  *to++ = after;
  return to;
}

__attribute__((destructor)) static void tell(void) {
  const char* path = getenv("RSEQ_POINT_FILE");
  const int fd = path != NULL ? open(path, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
  if (fd < 0) return;
  for (uint64_t i = 0; i < POINTS; ++i) {
    char line[48];
    if (rseq_point_aborts[i] == 0) continue;
    char* end = number(number(line, i, ' '), rseq_point_aborts[i], '\n');
    if (write(fd, line, (size_t)(end - line)) < 0) break;
  }
  close(fd);
}
