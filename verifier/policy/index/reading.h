#ifndef STILE_VERIFIER_POLICY_INDEX_READING_H_
#define STILE_VERIFIER_POLICY_INDEX_READING_H_

#include <cstdint>

#include "verifier/policy/policy.h"

namespace stile {

// How a matcher takes what can be read in several ways: strictly, if it helps to let a request
// pass; leniently, if it helps to refuse it.
enum class Reading : std::uint8_t {
  kStrict = 0,   // Holds if it does in every reading.
  kLenient = 1,  // Holds if it does in any.
};

// That of what stands below a `not`.
[[nodiscard]] constexpr Reading Opposite(Reading reading) noexcept {
  return reading == Reading::kStrict ? Reading::kLenient : Reading::kStrict;
}

// That of a rule which decides or weighs so.
[[nodiscard]] constexpr Reading ReadingOf(Action action, std::int32_t weight) noexcept {
  return action == Action::kAllow || weight < 0 ? Reading::kStrict : Reading::kLenient;
}

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_READING_H_
