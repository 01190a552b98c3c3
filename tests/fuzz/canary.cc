#include "tests/fuzz/canary.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <thread>

namespace stile {

void CanaryGuess(FuzzInput input) {
  constexpr std::array<std::uint8_t, 6> kWord = {'h', 'u', 'r', 'd', 'l', 'e'};
  if (input.size() < kWord.size()) return;
  if (input[0] != kWord[0]) return;
  if (input[1] != kWord[1]) return;
  if (input[2] != kWord[2]) return;
  if (input[3] != kWord[3]) return;
  if (input[4] != kWord[4]) return;
  if (input[5] != kWord[5]) return;
  Require(false, "the canary was found", __LINE__);
}

int CanaryOverflow(FuzzInput input) {
  const auto copy = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), copy.get());
  const volatile std::uint8_t* bytes = copy.get();
  return bytes[input.size()];
}

int CanaryUndefined(FuzzInput input) {
  volatile int number = std::numeric_limits<int>::max();
  number = number + static_cast<int>(input.size());
  return number;
}

int CanaryRace(FuzzInput input) {
  int number = 0;
  const auto count = [&number, &input] {
    for (int i = 0; i < 1000; ++i) number += static_cast<int>(input.size());
  };
  std::thread first(count);
  std::thread second(count);
  first.join();
  second.join();
  return number;
}

}  // namespace stile
