#include "verifier/policy/policy_file.h"

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <toml++/toml.h>

#include "challenge/toml_plain_text.h"
#include "verifier/agents/agent.h"
#include "verifier/policy/default_rules.h"
#include "verifier/policy/mistake/source_tally.h"
#include "verifier/policy/text/agent_table.h"
#include "verifier/policy/text/budget_text.h"
#include "verifier/policy/text/decision_table.h"
#include "verifier/policy/text/default_policy_table.h"
#include "verifier/policy/text/effort_text.h"
#include "verifier/policy/text/level_table.h"
#include "verifier/policy/text/matcher_table.h"
#include "verifier/policy/text/named_lists.h"
#include "verifier/policy/text/rule_table.h"
#include "verifier/policy/text/table_reader.h"
#include "verifier/policy/text/threshold_table.h"

namespace stile {
namespace {

constexpr std::size_t kMaxFile = std::size_t{4} << 20;
constexpr std::array<std::string_view, 8> kFileKeys = {
    "level", "rule", "default", "default_policy", "agent", "threshold", "budgets", "effort"};
constexpr std::array<std::string_view, 3> kDefaultKeys = {"action", "level", "cost"};

// Reads the tables of one policy file.
class PolicyReader {
 public:
  PolicyReader(const toml::table& file, const RangeListSource& lists, FileErrors& errors)
      : errors_(errors),
        reader_(file, "a policy", kFileKeys, errors),
        lists_(lists, tally_, errors),
        decisions_(source_.levels, errors),
        file_(file) {}

  PolicySource Read() && {
    source_.levels = ReadLevels(reader_.Table("level"), errors_);
    source_.budgets = ReadBudgetRules(reader_.Table("budgets"), errors_);
    source_.effort = ReadEffortOptions(reader_.Table("effort"), errors_);
    source_.agents = ReadAgents(reader_.Table("agent"), lists_, errors_);
    if (const toml::array* list = ListOf("threshold", "thresholds")) {
      source_.thresholds = ReadThresholds(*list, decisions_, errors_);
    }
    std::vector<std::string> agents;
    for (const Agent& agent : source_.agents) agents.push_back(agent.name);
    for (const Agent& agent : BuiltInAgents()) agents.push_back(agent.name);
    MatcherReader matchers(agents, decisions_, lists_, tally_, errors_);
    if (const toml::array* list = ListOf("rule", "rules")) {
      source_.rules = RuleReader(decisions_, matchers, errors_).ReadRules(*list);
    }
    if (const toml::table* table = reader_.Table("default")) ReadDefault(*table);
    if (const toml::table* table = reader_.Table("default_policy")) AppendDefaultRules(*table);
    return std::move(source_);
  }

 private:
  // Null if there is none, or something else.
  const toml::array* ListOf(std::string_view key, std::string_view what) {
    const toml::node* node = file_.get(key);
    if (node == nullptr) return nullptr;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
      errors_.Add(PlaceOf(*node),
                  std::string(what) + " are a list: begin each with [[" + std::string(key) + "]]");
    }
    return list;
  }

  void ReadDefault(const toml::table& table) {
    TableReader reader(table, "[default]", kDefaultKeys, errors_);
    const Decision decision = decisions_.Read(table, reader, "[default]", false);
    source_.default_action = decision.action;
    if (decision.action == Action::kChallenge) source_.default_rank = decision.rank;
    if (const auto cost = reader.Integer("cost", 0, kMaxCost)) {
      source_.default_cost = static_cast<std::uint8_t>(*cost);
    }
  }

  void AppendDefaultRules(const toml::table& table) {
    std::vector<Rule> rules = DefaultRules(ReadDefaultChoices(table, errors_));
    if (source_.rules.size() + rules.size() > Policy::kMaxRules) {
      errors_.Add(PlaceOf(table), ErrorCode::kOutOfRange,
                  "with the default rules there are more than 10000 rules: remove some");
      return;
    }
    std::set<std::string_view> names;
    for (const Rule& rule : rules) names.insert(rule.name);
    for (const Rule& rule : source_.rules) {
      if (!names.contains(rule.name)) continue;
      errors_.Add(rule.place,
                  "the name \"" + rule.name + "\" is that of a default rule: write another");
    }
    for (Rule& rule : rules) {
      rule.place = PlaceOf(table);
      source_.rules.push_back(std::move(rule));
    }
  }

  FileErrors& errors_;
  TableReader reader_;
  PolicySource source_;
  SourceTally tally_;
  NamedLists lists_;
  DecisionReader decisions_;
  const toml::table& file_;
};

}  // namespace

tl::expected<PolicySource, Errors> ParsePolicyFile(std::string_view text, std::string_view name,
                                                   const RangeListSource& lists) {
  FileErrors errors(name);
  if (text.size() > kMaxFile) {
    errors.Add({}, ErrorCode::kOutOfRange,
               "the policy has " + std::to_string(text.size()) + " bytes: keep it under 4 MiB");
    return tl::unexpected(std::move(errors).Take());
  }
  if (const auto place = FindUnquotedNonAscii(text)) {
    errors.Add({place->line, place->column}, std::string(kNonAsciiAdvice));
    return tl::unexpected(std::move(errors).Take());
  }
  if (const auto place = FindDeepNesting(text)) {
    errors.Add({place->line, place->column}, ErrorCode::kOutOfRange, std::string(kNestingAdvice));
    return tl::unexpected(std::move(errors).Take());
  }
  // Without the file's name: making a copy of it, version 3.3 ends the process if there is no
  // memory.
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    errors.Add({at.line, at.column},
               "this is no TOML: " + std::string(parsed.error().description()));
    return tl::unexpected(std::move(errors).Take());
  }
  PolicySource source = PolicyReader(parsed.table(), lists, errors).Read();
  if (errors.size() != 0) return tl::unexpected(std::move(errors).Take());
  return source;
}

}  // namespace stile
