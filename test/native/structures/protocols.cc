#include "protocols.h"

#include <inttypes.h>

#include "harness.h"

namespace structures {
namespace {

struct Race {
  const char* name;
  Figures (*run)(uint64_t rounds, uint32_t seed);
};

constexpr Race kRaces[] = {
    {"removing", race_removing},
    {"looking", race_looking},
    {"passing", race_passing},
};

}  // namespace

int run_protocols(uint64_t rounds, uint32_t seed) {
  std::string line;
  uint64_t wrong = 0;
  const auto add = [&line](const char* name, uint64_t number) {
    line += std::string("\"") + name + "\":" + std::to_string(number) + ",";
  };
  for (const Race& race : kRaces) {
    const Figures figures = race.run(rounds, seed);
    wrong += figures.wrong;
    line += std::string("\"") + race.name + "\":{";
    add("rounds", figures.rounds);
    add("wrong", figures.wrong);
    for (const auto& [name, number] : figures.more) add(name, number);
    line.back() = '}';
    line += ",";
  }
  printf("{%s\"violations\":%" PRIu64 "}\n", line.c_str(), violations.load());
  return wrong == 0 && violations == 0 ? 0 : 1;
}

}  // namespace structures
