#include "verifier/policy/text/rule_table.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "verifier/policy/index/reading.h"
#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/text/budget_text.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 8> kOwnKeys = {"name", "action",   "level", "weight",
                                                      "mode", "on_fault", "cost",  "budget"};
constexpr auto kRuleKeys = [] {
  std::array<std::string_view, kOwnKeys.size() + kMatcherKeys.size()> keys{};
  std::copy(kMatcherKeys.begin(), kMatcherKeys.end(),
            std::copy(kOwnKeys.begin(), kOwnKeys.end(), keys.begin()));
  return keys;
}();

constexpr std::array<std::string_view, 3> kModes = {"enforce", "shadow", "off"};
constexpr std::array<std::string_view, 4> kFaults = {"stale", "open", "closed", "challenge"};

}  // namespace

std::vector<Rule> RuleReader::ReadRules(const toml::array& rules) {
  std::vector<Rule> read;
  for (const toml::node& node : rules) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      errors_.Add(PlaceOf(node), "a rule is a table: begin it with [[rule]]");
      continue;
    }
    if (read.size() == Policy::kMaxRules) {
      errors_.Add(PlaceOf(node), ErrorCode::kOutOfRange,
                  "there are more than 10000 rules: remove some");
      break;
    }
    read.push_back(ReadRule(*table, read.size()));
  }
  return read;
}

Rule RuleReader::ReadRule(const toml::table& table, std::size_t index) {
  TableReader reader(table, "a rule", kRuleKeys, errors_);
  Rule rule;
  rule.place = PlaceOf(table);
  ReadName(reader, rule.place, index, rule);
  const Decision decision = decisions_.Read(table, reader, "a rule", true);
  rule.action = decision.action;
  rule.rank = decision.rank;
  rule.weight = decision.weight;
  matchers_.Read(reader, ReadingOf(rule.action, rule.weight), rule);
  if (const auto mode = reader.OneOf("mode", kModes)) rule.mode = static_cast<RuleMode>(*mode);
  if (const auto fault = reader.OneOf("on_fault", kFaults)) {
    rule.on_fault = static_cast<OnFault>(*fault);
  }
  ReadCharge(reader, rule);
  return rule;
}

void RuleReader::ReadCharge(TableReader& reader, Rule& rule) {
  if (const auto cost = reader.Integer("cost", 0, kMaxCost)) {
    rule.cost = static_cast<std::uint8_t>(*cost);
  }
  rule.budget = ReadBudget(reader, "budget", errors_);
  if (const auto mistake = MistakeInCharge(rule)) {
    errors_.Add(reader.PlaceOfKey(rule.cost ? "cost" : "budget"), mistake->code, mistake->message);
  }
}

void RuleReader::ReadName(TableReader& reader, FilePlace place, std::size_t index, Rule& rule) {
  rule.name = "rule-" + std::to_string(index + 1);
  if (const auto name = reader.Text("name")) {
    rule.name = name->text;
    place = name->place;
    if (const auto mistake = MistakeInName(name->text)) {
      errors_.Add(place, mistake->code, mistake->message);
    }
  }
  if (!names_.insert(rule.name).second) {
    errors_.Add(place, "the name \"" + rule.name + "\" is that of a rule above: write another");
  }
}

}  // namespace stile
