#ifndef STILE_VERIFIER_POLICY_COMPILED_POLICY_H_
#define STILE_VERIFIER_POLICY_COMPILED_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "verifier/policy/compiled_rule.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/request_facts.h"
#include "verifier/request.h"

namespace stile {

// How many different methods one policy may name: each is a bit of RequestFacts::method.
inline constexpr std::size_t kMaxMethods = 64;

// The built-in exemptions. `path` is the request's, read as `facts` says.
enum class Exemption : std::uint8_t { kNone = 0, kWellKnownPath = 1, kPreflight = 2 };
[[nodiscard]] Exemption ExemptionOf(const Request& request, RequestFacts& facts) noexcept;

// What a rule that matched makes of a request.
struct Outcome {
  Action action = Action::kDeny;
  std::uint8_t rank = 0;        // To be held.
  std::uint8_t level_rank = 0;  // To be asked.
  OnFault on_fault = OnFault::kStale;
};

// What a Policy holds: its source, completed, and the same ready to match.
struct Policy::Compiled {
  // One rule that isn't off.
  struct Entry {
    Outcome outcome;
    bool shadow = false;
    std::uint16_t index = 0;  // In source.rules.
    CompiledRule rule;
  };

  PolicySource source;  // Levels sorted by rank.
  std::vector<std::string> methods;
  std::vector<Entry> entries;
  Outcome fallback;  // Of a request that no rule matches.
  std::string digest;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_COMPILED_POLICY_H_
