#ifndef STILE_VERIFIER_VERDICT_H_
#define STILE_VERIFIER_VERDICT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stile {

// What was found out about one credential. A fact, not an action. docs/wire-format.md gives the
// order in which they are found. Part of the C ABI and the wire format: append, never renumber.
enum class Verdict : std::uint8_t {
  kNone = 0,  // Never returned: zeroed memory is not a pass.
  kValid = 1,
  kAbsent = 2,
  kMalformed = 3,
  kExpired = 4,
  kUnknownKey = 5,
  kForged = 6,
  kWrongClient = 7,
  kUnsolved = 8,
  kSpent = 9,
  kWrongSite = 10,
  kNotYetValid = 11,
  kUnsigned = 12,
  kTooEarly = 13,      // A wait that is not over.
  kLimited = 14,       // No wait redemption is left for this prefix or for the process.
  kTooManyTries = 15,  // Three bad solutions of this challenge were seen.
  kRevoked = 16,       // An operator took it back.
};
inline constexpr std::size_t kVerdictCount = 17;

// What is done with a request. kNone is never a decision.
enum class Action : std::uint8_t {
  kNone = 0,
  kAllow = 1,
  kChallenge = 2,
  kDeny = 3,
  kServe = 4,  // One of Stile's own endpoints: it is answered here, not by the origin.
};
inline constexpr std::size_t kActionCount = 5;

// The names that metrics, logs and headers use, such as "wrong-client" and "challenge".
[[nodiscard]] std::string_view VerdictName(Verdict verdict) noexcept;
[[nodiscard]] std::string_view ActionName(Action action) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_VERDICT_H_
