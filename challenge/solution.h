#ifndef STILE_CHALLENGE_SOLUTION_H_
#define STILE_CHALLENGE_SOLUTION_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "challenge/alternative.h"

namespace stile {

// The answer to one alternative of a challenge.
struct Solution {
  static constexpr std::size_t kMaxSize = 2 + 8 * std::size_t{kMaxParts};
  static constexpr std::size_t kMaxTextSize = 686;

  std::uint8_t alternative = 0;  // Index.
  std::uint8_t parts = 0;        // How many nonces follow; 0 for wait.
  std::array<std::uint64_t, kMaxParts> nonces{};
};

// Reads the text form of docs/wire-format.md into `out`. Returns false, with `out` unspecified, if
// it is not canonical base64url, longer than 686 characters, or its length doesn't fit its count.
[[nodiscard]] bool ParseSolution(std::string_view text, Solution& out) noexcept;

[[nodiscard]] std::string FormatSolution(const Solution& solution);

}  // namespace stile

#endif  // STILE_CHALLENGE_SOLUTION_H_
