#ifndef STILE_VERIFIER_POLICY_INDEX_TRUTH_H_
#define STILE_VERIFIER_POLICY_INDEX_TRUTH_H_

#include <cstdint>

namespace stile {

// What is known about a condition and one request.
enum class Truth : std::uint8_t {
  kNo = 0,
  kUnknown = 1,  // Nobody knows what it asks for.
  kGaveUp = 2,   // It could be known, but finding out costs too much.
  kYes = 3,
};

[[nodiscard]] constexpr Truth TruthOf(bool yes) noexcept { return yes ? Truth::kYes : Truth::kNo; }

[[nodiscard]] constexpr Truth Not(Truth truth) noexcept {
  if (truth == Truth::kYes) return Truth::kNo;
  return truth == Truth::kNo ? Truth::kYes : truth;
}

// That of two conditions of which one suffices: yes, gave up, unknown, no; the first there is.
[[nodiscard]] constexpr Truth AnyOf(Truth a, Truth b) noexcept { return a > b ? a : b; }

// That of two conditions which are both needed: no, gave up, unknown, yes; the first there is.
[[nodiscard]] constexpr Truth AllOf(Truth a, Truth b) noexcept {
  return Not(AnyOf(Not(a), Not(b)));
}

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_TRUTH_H_
