#include "verifier/policy/rule_table.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "verifier/policy/compiled_policy.h"
#include "verifier/policy/nearest_name.h"
#include "verifier/policy/source_mistake.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 10> kRuleKeys = {
    "name", "host", "path", "method", "user_agent", "ip", "action", "level", "mode", "on_fault"};
constexpr std::array<std::string_view, 15> kLaterKeys = {
    "path_regex", "query", "header", "user_agent_regex", "ip_list", "country", "asn",
    "agent",      "rank",  "rate",   "overload",         "any",     "all",     "not",
    "budget"};
constexpr std::array<std::string_view, 2> kDefaultKeys = {"action", "level"};

constexpr std::array<std::string_view, 3> kActions = {"allow", "challenge", "deny"};
constexpr std::array<Action, 3> kActionValues = {Action::kAllow, Action::kChallenge, Action::kDeny};
constexpr std::array<std::string_view, 3> kModes = {"enforce", "shadow", "off"};
constexpr std::array<std::string_view, 4> kFaults = {"stale", "open", "closed", "challenge"};

// The length after the slash; -1 if it is not a number of at most 3 digits.
int ParseLength(std::string_view digits) {
  int length = -1;
  if (digits.empty() || digits.size() > 3) return -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return error == std::errc() && end == digits.data() + digits.size() ? length : -1;
}

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

void RuleReader::ReadDefault(const toml::table& table, PolicySource& source) {
  TableReader reader(table, "[default]", kDefaultKeys, {}, errors_);
  const Decision decision = ReadDecision(table, reader, "[default]");
  source.default_action = decision.action;
  if (decision.action == Action::kChallenge) source.default_rank = decision.rank;
}

Rule RuleReader::ReadRule(const toml::table& table, std::size_t index) {
  TableReader reader(table, "a rule", kRuleKeys, kLaterKeys, errors_);
  Rule rule;
  ReadName(reader, PlaceOf(table), index, rule);
  const Decision decision = ReadDecision(table, reader, "a rule");
  rule.action = decision.action;
  rule.rank = decision.rank;
  ReadMatchers(reader, rule);
  if (const auto mode = reader.OneOf("mode", kModes)) rule.mode = static_cast<RuleMode>(*mode);
  if (const auto fault = reader.OneOf("on_fault", kFaults)) {
    rule.on_fault = static_cast<OnFault>(*fault);
  }
  return rule;
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

RuleReader::Decision RuleReader::ReadDecision(const toml::table& table, TableReader& reader,
                                              std::string_view what) {
  Decision decision;
  if (reader.Says("action", "weigh")) {
    errors_.Add(reader.PlaceOfKey("action"),
                "\"weigh\" comes with a later version of Stile: use \"challenge\" or \"allow\"");
    return decision;
  }
  const auto action = reader.OneOf("action", kActions);
  if (!action) {
    if (!reader.Has("action")) {
      errors_.Add(PlaceOf(table),
                  std::string(what) + " needs an action: \"allow\", \"challenge\" or \"deny\"");
    }
    return decision;
  }
  decision.action = kActionValues[*action];
  if (decision.action != Action::kChallenge) {
    if (reader.Has("level")) {
      errors_.Add(reader.PlaceOfKey("level"), "only a challenge has a level: remove it");
    }
  } else if (const auto rank = ReadRank(reader)) {
    decision.rank = *rank;
  } else if (!reader.Has("level")) {
    errors_.Add(PlaceOf(table), "a challenge needs a level, such as level = \"light\"");
  }
  return decision;
}

std::optional<std::uint8_t> RuleReader::ReadRank(TableReader& reader) {
  std::vector<std::string_view> names;
  for (const Level& level : levels_) names.push_back(level.name);
  const auto at = reader.OneOf("level", names);
  if (!at) return std::nullopt;
  return levels_[*at].rank;
}

template <typename Check>
void RuleReader::ReadTexts(TableReader& reader, std::string_view key, Check check,
                           std::vector<std::string>& out) {
  for (PlacedText& text : reader.Texts(key)) {
    if (const std::optional<SourceMistake> mistake = check(text.text)) {
      errors_.Add(text.place, mistake->code, mistake->message);
    } else {
      out.push_back(std::move(text.text));
    }
  }
}

void RuleReader::ReadMatchers(TableReader& reader, Rule& rule) {
  ReadTexts(reader, "host", MistakeInHost, rule.hosts);
  ReadTexts(
      reader, "path", [&rule](std::string_view path) { return MistakeInPath(path, rule.action); },
      rule.paths);
  ReadTexts(
      reader, "method",
      [this](const std::string& method) -> std::optional<SourceMistake> {
        if (auto mistake = MistakeInMethod(method)) return mistake;
        if (!methods_.contains(method) && methods_.size() == kMaxMethods) {
          return SourceMistake{ErrorCode::kOutOfRange,
                               "the rules name more than 64 methods: use fewer"};
        }
        methods_.insert(method);
        return std::nullopt;
      },
      rule.methods);
  ReadTexts(reader, "user_agent", MistakeInUserAgent, rule.user_agents);
  for (const PlacedText& text : reader.Texts("ip")) {
    if (const auto range = ReadCidr(text)) rule.ips.push_back(*range);
  }
}

std::optional<Cidr> RuleReader::ReadCidr(const PlacedText& text) {
  const std::string_view whole = text.text;
  const std::size_t slash = whole.find('/');
  const auto address = IpAddress::Parse(whole.substr(0, slash));
  if (!address) {
    errors_.Add(text.place,
                "an ip is an address or a range such as \"192.0.2.0/24\" or "
                "\"2001:db8::/32\"");
    return std::nullopt;
  }
  Cidr range{*address, address->is_v6() ? 128 : 32};
  if (slash != std::string_view::npos) {
    range.length = ParseLength(whole.substr(slash + 1));
    // An IPv4-mapped range is the IPv4 range, 96 bits further on.
    const bool is_mapped = !address->is_v6() && whole.substr(0, slash).find(':') != whole.npos;
    if (is_mapped) range.length = range.length < 96 ? -1 : range.length - 96;
  }
  if (const auto mistake = MistakeInCidr(range)) {
    errors_.Add(text.place, mistake->code, mistake->message);
    return std::nullopt;
  }
  return range;
}

}  // namespace stile
