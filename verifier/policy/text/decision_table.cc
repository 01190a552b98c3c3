#include "verifier/policy/text/decision_table.h"

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "verifier/policy/mistake/matcher_mistake.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 4> kActions = {"allow", "challenge", "deny", "weigh"};
constexpr std::array<Action, 4> kActionValues = {Action::kAllow, Action::kChallenge, Action::kDeny,
                                                 Action::kNone};

}  // namespace

Decision DecisionReader::Read(const toml::table& table, TableReader& reader, std::string_view what,
                              bool may_weigh) {
  Decision decision;
  const auto action = ReadAction(table, reader, what, may_weigh);
  if (!action) return decision;
  decision.action = *action;
  if (*action != Action::kChallenge) {
    if (reader.Has("level")) {
      errors_.Add(reader.PlaceOfKey("level"), "only a challenge has a level: remove it");
    }
  } else if (const auto rank = ReadLevel(reader, "level")) {
    decision.rank = *rank;
  } else if (!reader.Has("level")) {
    errors_.Add(PlaceOf(table), "a challenge needs a level, such as level = \"light\"");
  }
  if (*action == Action::kNone) {
    ReadWeight(table, reader, decision);
  } else if (may_weigh && reader.Has("weight")) {
    errors_.Add(reader.PlaceOfKey("weight"), "only a rule that weighs has a weight: remove it");
  }
  return decision;
}

std::optional<Action> DecisionReader::ReadAction(const toml::table& table, TableReader& reader,
                                                 std::string_view what, bool may_weigh) {
  if (!may_weigh && reader.Says("action", "weigh")) {
    errors_.Add(reader.PlaceOfKey("action"),
                "only a rule weighs: write \"allow\", \"challenge\" or \"deny\"");
    return std::nullopt;
  }
  const std::span<const std::string_view> actions(kActions.data(), may_weigh ? 4 : 3);
  if (const auto action = reader.OneOf("action", actions)) return kActionValues[*action];
  if (!reader.Has("action")) {
    errors_.Add(PlaceOf(table),
                std::string(what) + (may_weigh ? " needs an action: \"allow\", \"challenge\", "
                                                 "\"deny\" or \"weigh\""
                                               : " needs an action: \"allow\", \"challenge\" or "
                                                 "\"deny\""));
  }
  return std::nullopt;
}

void DecisionReader::ReadWeight(const toml::table& table, TableReader& reader, Decision& decision) {
  const auto weight = reader.SignedInteger("weight", -kMaxWeight, kMaxWeight);
  if (weight) decision.weight = static_cast<std::int32_t>(*weight);
  if (weight && *weight == 0) {
    errors_.Add(reader.PlaceOfKey("weight"), ErrorCode::kOutOfRange,
                "a weight of 0 changes nothing: write another or remove the rule");
  } else if (!reader.Has("weight")) {
    errors_.Add(PlaceOf(table),
                "a rule that weighs needs a weight from -1000 to 1000, such as weight = 5");
  }
}

std::optional<std::uint8_t> DecisionReader::ReadLevel(TableReader& reader, std::string_view key) {
  std::vector<std::string_view> names;
  for (const Level& level : levels_) names.push_back(level.name);
  const auto at = reader.OneOf(key, names);
  if (!at) return std::nullopt;
  return levels_[*at].rank;
}

}  // namespace stile
