/* What Debian's libstdc++ and libgcc_s ask of glibc and musl has not, so that a program for musl which needs
 * them (Bun) starts. Takes the place of glibc's loader, which they need by name. */
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

/* false, always: nobody then leaves an atomic instruction out */
char __libc_single_threaded;

/* not known: libgcc's own look at the processor, which is for programs that dispatch by it */
unsigned int __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }

/* not found: exceptions end the process, and Bun is compiled without */
int _dl_find_object(void* address, void* result) {
  (void)address;
  (void)result;
  return -1;
}

/* Destructors of thread-local objects are not run: their memory is lost where a thread ends. */
int __cxa_thread_atexit_impl(void (*destroy)(void*), void* object, void* library) {
  (void)destroy;
  (void)object;
  (void)library;
  return 0;
}

uint32_t arc4random(void) {
  uint32_t number = 0;
  getrandom(&number, sizeof number, 0);
  return number;
}

size_t __strftime_l(char* text, size_t size, const char* format, const struct tm* time, locale_t locale) {
  return strftime_l(text, size, format, time, locale);
}
