#ifndef STILE_VERIFIER_POLICY_TEXT_DECISION_TABLE_H_
#define STILE_VERIFIER_POLICY_TEXT_DECISION_TABLE_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "verifier/level.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// What a rule, a threshold or [default] makes of a request.
struct Decision {
  Action action = Action::kNone;  // Also if it weighs, and if it could not be read.
  std::uint8_t rank = 0;          // Of the level that a challenge asks.
  std::int32_t weight = 0;        // Not 0 if it weighs.
};

// Reads the keys `action`, `level` and `weight` of a table. `levels` are all that the policy has;
// what is wrong goes to `errors`. Both must outlive the reader.
class DecisionReader {
 public:
  DecisionReader(const std::vector<Level>& levels, FileErrors& errors)
      : levels_(levels), errors_(errors) {}

  // `what` names the table in messages: "a rule". A rule may weigh, nothing else.
  [[nodiscard]] Decision Read(const toml::table& table, TableReader& reader, std::string_view what,
                              bool may_weigh);

  // Reads the name of a level, and returns its rank.
  [[nodiscard]] std::optional<std::uint8_t> ReadLevel(TableReader& reader, std::string_view key);

 private:
  [[nodiscard]] std::optional<Action> ReadAction(const toml::table& table, TableReader& reader,
                                                 std::string_view what, bool may_weigh);
  void ReadWeight(const toml::table& table, TableReader& reader, Decision& decision);

  const std::vector<Level>& levels_;
  FileErrors& errors_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_DECISION_TABLE_H_
