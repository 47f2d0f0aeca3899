/// Deliberate mistakes, one for each thing that a sanitizer finds.
#include <pthread.h>
#include <stdlib.h>

#include "bugs.h"

namespace structures {
namespace {

/// What the compiler cannot know.
volatile int eight = 8;
volatile double vast = 1e300;
volatile int seen;
void* volatile kept;
int shared;

void* add(void*) {
  for (int i = 0; i < 1000; ++i) shared += 1;
  return nullptr;
}

void overflow() {
  auto* memory = static_cast<volatile char*>(calloc(static_cast<size_t>(eight), 1));
  seen = memory[eight];
  free(const_cast<char*>(memory));
}

void leak() {
  kept = malloc(static_cast<size_t>(eight));
  kept = nullptr;
}

void shift() { seen = 1 << (eight * eight); }

void cast() { seen = static_cast<int>(vast); }

void race() {
  pthread_t other;
  if (pthread_create(&other, nullptr, add, nullptr) != 0) abort();
  add(nullptr);
  pthread_join(other, nullptr);
}

}  // namespace

bool make_mistake(const std::string& which) {
  if (which == "overflow") {
    overflow();
  } else if (which == "leak") {
    leak();
  } else if (which == "shift") {
    shift();
  } else if (which == "cast") {
    cast();
  } else if (which == "race") {
    race();
  } else {
    return false;
  }
  return true;
}

}  // namespace structures
