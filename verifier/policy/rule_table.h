#ifndef STILE_VERIFIER_POLICY_RULE_TABLE_H_
#define STILE_VERIFIER_POLICY_RULE_TABLE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "verifier/level.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/table_reader.h"

namespace stile {

// Reads the rules of a policy file. `levels` are all that the policy has; what is wrong goes to
// `errors`. Both must outlive the reader.
class RuleReader {
 public:
  RuleReader(const std::vector<Level>& levels, FileErrors& errors)
      : levels_(levels), errors_(errors) {}

  // Reads the array `rule`. Stops after Policy::kMaxRules.
  [[nodiscard]] std::vector<Rule> ReadRules(const toml::array& rules);

  // Reads the table `default` into `source`.
  void ReadDefault(const toml::table& table, PolicySource& source);

 private:
  struct Decision {
    Action action = Action::kNone;
    std::uint8_t rank = 0;
  };

  Rule ReadRule(const toml::table& table, std::size_t index);
  Decision ReadDecision(const toml::table& table, TableReader& reader, std::string_view what);
  std::optional<std::uint8_t> ReadRank(TableReader& reader);
  void ReadMatchers(TableReader& reader, Rule& rule);
  void ReadName(TableReader& reader, FilePlace place, std::size_t index, Rule& rule);
  // Appends what `check` finds nothing wrong with.
  template <typename Check>
  void ReadTexts(TableReader& reader, std::string_view key, Check check,
                 std::vector<std::string>& out);
  std::optional<Cidr> ReadCidr(const PlacedText& text);

  const std::vector<Level>& levels_;
  FileErrors& errors_;
  std::set<std::string, std::less<>> names_;
  std::set<std::string, std::less<>> methods_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_RULE_TABLE_H_
