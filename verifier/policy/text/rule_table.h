#ifndef STILE_VERIFIER_POLICY_TEXT_RULE_TABLE_H_
#define STILE_VERIFIER_POLICY_TEXT_RULE_TABLE_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "verifier/policy/policy.h"
#include "verifier/policy/text/decision_table.h"
#include "verifier/policy/text/matcher_table.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// Reads the rules of a policy file. What it is made with must outlive it.
class RuleReader {
 public:
  RuleReader(DecisionReader& decisions, MatcherReader& matchers, FileErrors& errors)
      : decisions_(decisions), matchers_(matchers), errors_(errors) {}

  // Reads the array `rule`. Stops after Policy::kMaxRules.
  [[nodiscard]] std::vector<Rule> ReadRules(const toml::array& rules);

 private:
  Rule ReadRule(const toml::table& table, std::size_t index);
  void ReadCharge(TableReader& reader, Rule& rule);
  void ReadName(TableReader& reader, FilePlace place, std::size_t index, Rule& rule);

  DecisionReader& decisions_;
  MatcherReader& matchers_;
  FileErrors& errors_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_RULE_TABLE_H_
