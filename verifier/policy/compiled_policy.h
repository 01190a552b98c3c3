#ifndef STILE_VERIFIER_POLICY_COMPILED_POLICY_H_
#define STILE_VERIFIER_POLICY_COMPILED_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "verifier/policy/index/condition.h"
#include "verifier/policy/index/leaf_index.h"
#include "verifier/policy/index/request_facts.h"
#include "verifier/policy/index/sparse_bits.h"
#include "verifier/policy/policy.h"
#include "verifier/request.h"

namespace stile {

// How many different methods one policy may name: each is a bit of RequestFacts::method.
inline constexpr std::size_t kMaxMethods = 64;

// The built-in exemptions. `path` is the request's, read as `facts` says.
enum class Exemption : std::uint8_t { kNone = 0, kWellKnownPath = 1, kPreflight = 2 };
[[nodiscard]] Exemption ExemptionOf(const Request& request, RequestFacts& facts) noexcept;

// What a rule that matched makes of a request.
struct Outcome {
  Action action = Action::kDeny;  // kNone: it weighs.
  std::uint8_t rank = 0;          // To be held.
  std::uint8_t level_rank = 0;    // To be asked.
  OnFault on_fault = OnFault::kStale;
  std::uint8_t cost = 0;
  bool static_is_free = false;
  std::uint16_t own_budget = 65535;
};

// What a Policy holds: its source, completed, and the same ready to match.
//
// A request is matched in two steps. The index finds the leaves that hold for it; each leaf names
// the rules that can't match without it, or without one of its like: they are candidates, beside
// those that no leaf speaks for. Then the candidates' conditions are weighed in order until one
// decides. So a rule that has nothing to do with a request costs it nothing.
struct Policy::Compiled {
  static constexpr std::size_t kMaxEntries = 12'288;  // At least kMaxRules.
  static_assert(kMaxEntries >= kMaxRules);
  using Candidates = SparseBits<kMaxEntries>;

  // One rule that isn't off.
  struct Entry {
    Outcome outcome;
    std::int32_t weight = 0;
    std::uint32_t condition = 0;
    std::uint16_t index = 0;  // In source.rules.
    bool shadow = false;
    bool refuses = false;  // What gives up matches it.
  };
  struct ThresholdEntry {
    std::int32_t at = 0;
    std::uint16_t index = 0;  // In source.thresholds.
    Outcome outcome;
  };

  PolicySource source;  // Levels sorted by rank; with the built-in agents that it names.
  std::vector<std::string> methods;
  PolicyNeeds needs;
  Conditions conditions;
  LeafIndex index;
  LeafLists anchored;                         // Leaf -> entries to weigh if it holds.
  std::vector<std::uint64_t> always;          // Bit i: entry i is weighed for every request,
  std::vector<std::uint64_t> always_summary;  // and which of 64 words have such a bit.
  std::vector<Entry> entries;
  std::vector<ThresholdEntry> thresholds;  // Greatest `at` first.
  std::vector<std::uint64_t> agent_keys;   // Of source.agents.
  Outcome fallback;                        // Of a request that no rule matches.
  BudgetTerms budgets;
  std::string digest;

  // The next candidate from `entry` on; entries.size() if there is none.
  [[nodiscard]] std::size_t NextCandidate(const Candidates& candidates,
                                          std::size_t entry) const noexcept;
  // As PolicyMatch::agent_to_ask; `last` is the entry that decided.
  [[nodiscard]] std::uint16_t AgentToAsk(const Request& request, const ClientFacts& client,
                                         const LeafIndex::Leaves& leaves,
                                         std::size_t last) const noexcept;
  // What it takes in memory besides the source, without what RE2 keeps.
  [[nodiscard]] std::size_t Bytes() const noexcept;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_COMPILED_POLICY_H_
