#include "vdso.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

namespace bench {
namespace {

/// What of the image's dynamic section finds a symbol.
struct Symbols {
  const ElfW(Sym) * table;
  const char* names;
  uint32_t count;
};

Symbols symbols_of(const char* image) {
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(image);
  const auto* segments = reinterpret_cast<const ElfW(Phdr)*>(image + header->e_phoff);
  const char* bias = image;
  const ElfW(Dyn)* dynamic = nullptr;
  for (int i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0) bias = image - segments[i].p_vaddr;
    if (segments[i].p_type == PT_DYNAMIC) {
      dynamic = reinterpret_cast<const ElfW(Dyn)*>(image + segments[i].p_offset);
    }
  }
  Symbols found = {};
  const char* gnu_hash = nullptr;
  for (; dynamic != nullptr && dynamic->d_tag != DT_NULL; ++dynamic) {
    const char* at = bias + dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_SYMTAB) found.table = reinterpret_cast<const ElfW(Sym)*>(at);
    if (dynamic->d_tag == DT_STRTAB) found.names = at;
    if (dynamic->d_tag == DT_HASH) found.count = reinterpret_cast<const uint32_t*>(at)[1];
    if (dynamic->d_tag == DT_GNU_HASH) gnu_hash = at;
  }
  if (found.count == 0 && gnu_hash != nullptr) {
    // The classic table, which says how many symbols there are, is gone from newer kernels. Here they end
    // with the chain of the last bucket.
    const auto* words = reinterpret_cast<const uint32_t*>(gnu_hash);
    const uint32_t buckets = words[0];
    const uint32_t first = words[1];
    const uint32_t* bucket = words + 4 + words[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t* chain = bucket + buckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets; ++i) last = bucket[i] > last ? bucket[i] : last;
    if (last >= first) {
      while ((chain[last - first] & 1) == 0) ++last;
      found.count = last + 1;
    }
  }
  return found;
}

}  // namespace

Getcpu vdso_getcpu() {
  const auto* image = reinterpret_cast<const char*>(getauxval(AT_SYSINFO_EHDR));
  if (image == nullptr) return nullptr;
  const Symbols symbols = symbols_of(image);
  if (symbols.table == nullptr || symbols.names == nullptr) return nullptr;
  for (uint32_t i = 0; i < symbols.count; ++i) {
    const ElfW(Sym) & symbol = symbols.table[i];
    if (symbol.st_shndx != SHN_UNDEF && strcmp(symbols.names + symbol.st_name, "__vdso_getcpu") == 0) {
      return reinterpret_cast<Getcpu>(reinterpret_cast<uintptr_t>(image) + symbol.st_value);
    }
  }
  return nullptr;
}

}  // namespace bench
