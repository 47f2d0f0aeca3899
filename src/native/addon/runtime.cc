/// The few functions of the C++ runtime that compiled code can ask for. With these the addon links with
/// neither libstdc++ nor a C library of its own, and one binary serves glibc and musl.
#include <stddef.h>
#include <stdlib.h>

void* operator new(size_t size) {
  void* memory = malloc(size != 0 ? size : 1);
  if (memory == nullptr) abort();
  return memory;
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }

// The names are reserved for the runtime, which this is. NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
/// Identifies this object to atexit handlers; crtbegin.o would define it.
__attribute__((visibility("hidden"))) void* __dso_handle = &__dso_handle;
/// A call of a pure virtual function.
__attribute__((visibility("hidden"))) void __cxa_pure_virtual() { abort(); }
}

namespace std {
// Inline code of the standard headers calls these where an exception would be thrown.
__attribute__((visibility("hidden"))) void __throw_length_error(const char*) { abort(); }
__attribute__((visibility("hidden"))) void __throw_logic_error(const char*) { abort(); }
__attribute__((visibility("hidden"))) void __throw_bad_alloc() { abort(); }
__attribute__((visibility("hidden"))) void __throw_bad_array_new_length() { abort(); }
__attribute__((visibility("hidden"))) void __throw_bad_function_call() { abort(); }
}  // namespace std
// NOLINTEND(bugprone-reserved-identifier)
