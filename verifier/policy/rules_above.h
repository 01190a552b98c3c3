#ifndef STILE_VERIFIER_POLICY_RULES_ABOVE_H_
#define STILE_VERIFIER_POLICY_RULES_ABOVE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "verifier/policy/policy.h"

namespace stile {

// The rules above one, as far as they decide, and the search for one that leaves it nothing. Takes
// a fraction of a second for 10,000 rules with paths; of policies that would take longer it
// compares only the first few million pairs.
class RulesAbove {
 public:
  // Adds a rule, which must outlive this. Passes over one that decides nothing.
  void Add(const Rule& rule);

  // Returns the first that matches whatever `rule` does; null if that is true of none for sure.
  [[nodiscard]] const Rule* FindCovering(const Rule& rule);

 private:
  using Indexes = std::vector<std::size_t>;
  [[nodiscard]] Indexes CandidatesFor(const Rule& rule) const;

  std::vector<const Rule*> rules_;
  std::map<std::string, Indexes, std::less<>> by_path_;       // By a pattern as it is.
  std::map<std::string, Indexes, std::less<>> by_beginning_;  // By what is before its last '*'.
  Indexes without_path_;
  std::size_t pairs_left_ = 4'000'000;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_RULES_ABOVE_H_
