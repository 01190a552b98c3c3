#ifndef STILE_VERIFIER_GATE_SWITCHES_H_
#define STILE_VERIFIER_GATE_SWITCHES_H_

#include <atomic>
#include <cstddef>

#include "verifier/gate_mode.h"
#include "verifier/policy/rule_switches.h"

namespace stile {

// What can be switched at a gate while it decides: its mode, and its policy's rules. Any thread may
// look at any time; one thread at a time turns. The next request sees it: nothing is built, and
// nothing can fail.
class GateSwitches {
 public:
  GateSwitches(GateMode mode, std::size_t rules) : mode_(mode), rules_(rules) {}

  [[nodiscard]] GateMode mode() const noexcept { return mode_.load(std::memory_order_relaxed); }
  void SetMode(GateMode mode) noexcept { mode_.store(mode, std::memory_order_relaxed); }

  [[nodiscard]] const RuleSwitches& rules() const noexcept { return rules_; }
  [[nodiscard]] RuleSwitches& rules() noexcept { return rules_; }

 private:
  std::atomic<GateMode> mode_;
  RuleSwitches rules_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_GATE_SWITCHES_H_
