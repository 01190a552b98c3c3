#include "tool/anubis/anubis_rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "challenge/concat.h"
#include "challenge/ip_address.h"
#include "tool/anubis/condition.h"
#include "tool/anubis/expression.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 12> kBotKeys = {
    "name", "action", "user_agent_regex", "path_regex", "headers_regex", "remote_addresses",
    "asns", "geoip",  "expression",       "weight",     "challenge",     "import"};

std::optional<int> NumberOf(std::string_view text) {
  int number = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional(number) : std::nullopt;
}

// "192.0.2.0/24" of "192.0.2.7/24": Anubis masks what it reads. nullopt if it is no range.
std::optional<std::string> RangeOf(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return address->ToString();
  const auto length = NumberOf(text.substr(slash + 1));
  const int bits = address->is_v6() ? 128 : 32;
  if (!length || *length < 0 || *length > bits) return std::nullopt;
  IpAddress::Bytes16 bytes = address->bytes();
  for (int bit = *length; bit < bits; ++bit) {
    bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  }
  const IpAddress first = address->is_v6()
                              ? IpAddress::V6(bytes)
                              : IpAddress::V4({bytes[0], bytes[1], bytes[2], bytes[3]});
  return Concat(first.ToString(), "/", *length);
}

// Collects what one rule of Anubis asks. Each function returns false if it can't be had.
class BotReader {
 public:
  BotReader(const YamlNode& bot, std::string_view file, ImportNotes& notes)
      : bot_(bot), file_(file), notes_(notes) {}

  std::optional<Condition> Read() {
    bool good = ReadUnknownKeys();
    good = ReadRegex("user_agent_regex", UserAgentCondition) && good;
    good = ReadRegex("path_regex", PathCondition) && good;
    good = ReadHeaders() && good;
    good = ReadAddresses() && good;
    good = ReadNetworks() && good;
    good = ReadCountries() && good;
    good = ReadExpression() && good;
    if (!good) return std::nullopt;
    if (parts_.empty()) return Lose(bot_, "it asks nothing of a request"), std::nullopt;
    return Condition::All(std::move(parts_));
  }

  [[nodiscard]] bool needs_places() const noexcept { return needs_places_; }

 private:
  bool Lose(const YamlNode& node, std::string message) {
    notes_.Lose(file_, node.place, Concat(Name(), std::move(message)));
    return false;
  }
  [[nodiscard]] std::string Name() const {
    return Concat("rule \"", Printable(std::string(bot_.TextOf("name"))), "\" is left out: ");
  }

  bool ReadUnknownKeys() {
    bool good = true;
    for (const YamlMember& member : bot_.members) {
      if (std::find(kBotKeys.begin(), kBotKeys.end(), member.name) != kBotKeys.end()) continue;
      notes_.Lose(file_, member.place,
                  Concat(Name(), "nothing here is like ", Printable(member.name)));
      good = false;
    }
    return good;
  }

  bool ReadRegex(std::string_view key, Condition (*convert)(std::string_view)) {
    const YamlNode* const node = bot_.Find(key);
    if (node == nullptr || node->kind == YamlKind::kNull) return true;
    if (node->kind != YamlKind::kScalar || !IsWritable(node->text) || node->text.empty()) {
      return Lose(*node, Concat(key, " is no regular expression on one line"));
    }
    parts_.push_back(convert(node->text));
    return true;
  }

  bool ReadHeaders() {
    const YamlNode* const node = bot_.Find("headers_regex");
    if (node == nullptr || node->kind == YamlKind::kNull) return true;
    if (node->kind != YamlKind::kMap) return Lose(*node, "headers_regex is no map");
    for (const YamlMember& member : node->members) {
      const std::string& regex = member.value.text;
      if (member.value.kind != YamlKind::kScalar || !IsWritable(regex) || regex.empty() ||
          !IsWritable(member.name)) {
        return Lose(member.value, "headers_regex takes a regular expression for each name");
      }
      parts_.push_back(FieldCondition("header", member.name, regex));
    }
    return true;
  }

  bool ReadAddresses() {
    const YamlNode* const node = bot_.Find("remote_addresses");
    if (node == nullptr || node->kind == YamlKind::kNull) return true;
    if (node->kind != YamlKind::kList) return Lose(*node, "remote_addresses is no list");
    std::vector<std::string> ranges;
    for (const YamlNode& item : node->items) {
      auto range = RangeOf(item.text);
      if (!range) return Lose(item, Concat("\"", Printable(item.text), "\" is no range"));
      ranges.push_back(*std::move(range));
    }
    if (ranges.empty()) return Lose(*node, "remote_addresses is empty");
    parts_.push_back(Condition::Texts("ip", std::move(ranges)));
    return true;
  }

  bool ReadNetworks() {
    const YamlNode* const node = bot_.Find("asns");
    if (node == nullptr || node->kind == YamlKind::kNull) return true;
    const YamlNode* const match = node->kind == YamlKind::kMap ? node->Find("match") : node;
    if (match == nullptr || match->kind != YamlKind::kList || match->items.empty()) {
      return Lose(*node, "asns has no list \"match\"");
    }
    std::vector<std::string> numbers;
    for (const YamlNode& item : match->items) {
      const auto number = NumberOf(item.text);
      if (!number || *number < 1) return Lose(item, "this is no number of a network");
      numbers.push_back(std::to_string(*number));
    }
    needs_places_ = true;
    parts_.push_back(Condition::Written("asn", std::move(numbers)));
    return true;
  }

  bool ReadCountries() {
    const YamlNode* const node = bot_.Find("geoip");
    if (node == nullptr || node->kind == YamlKind::kNull) return true;
    const YamlNode* const countries = node->Find("countries");
    if (countries == nullptr || countries->kind != YamlKind::kList || countries->items.empty()) {
      return Lose(*node, "geoip has no list \"countries\"");
    }
    std::vector<std::string> names;
    for (const YamlNode& item : countries->items) {
      std::string name = item.text;
      std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      });
      if (!IsWritable(name)) return Lose(item, "this is no country");
      names.push_back(std::move(name));
    }
    needs_places_ = true;
    parts_.push_back(Condition::Texts("country", std::move(names)));
    return true;
  }

  std::optional<Condition> ConvertOne(const YamlNode& node) {
    if (node.kind != YamlKind::kScalar) return Lose(node, "this is no expression"), std::nullopt;
    auto converted = ConvertExpression(node.text);
    if (!converted) {
      const auto& [offset, reason] = converted.error();
      const std::string_view rest = std::string_view(node.text).substr(offset, 40);
      Lose(node, Concat(reason, rest.empty() ? "" : ": ", Printable(std::string(rest))));
      return std::nullopt;
    }
    for (std::string& change : converted->changes) {
      notes_.Change(file_, node.place, std::move(change));
    }
    return std::move(converted->condition);
  }

  bool ReadExpression() {
    const YamlNode* const node = bot_.Find("expression");
    if (node == nullptr || node->kind == YamlKind::kNull) return true;
    if (node->kind == YamlKind::kScalar) {
      auto condition = ConvertOne(*node);
      if (condition) parts_.push_back(*std::move(condition));
      return condition.has_value();
    }
    const YamlNode* const all = node->Find("all");
    const YamlNode* const any = node->Find("any");
    const YamlNode* const list = all != nullptr ? all : any;
    if (list == nullptr || list->kind != YamlKind::kList || list->items.empty() ||
        node->members.size() != 1) {
      return Lose(*node, "expression is neither a text nor a list \"all\" or \"any\"");
    }
    std::vector<Condition> conditions;
    bool good = true;
    for (const YamlNode& item : list->items) {
      auto condition = ConvertOne(item);
      if (condition) conditions.push_back(*std::move(condition));
      good = condition.has_value() && good;
    }
    if (!good) return false;
    parts_.push_back(all != nullptr ? Condition::All(std::move(conditions))
                                    : Condition::Any(std::move(conditions)));
    return true;
  }

  const YamlNode& bot_;
  std::string_view file_;
  ImportNotes& notes_;
  std::vector<Condition> parts_;
  bool needs_places_ = false;
};

// action = "..." and what goes with it; nullopt if nothing here does that.
std::optional<std::string> ActionOf(const YamlNode& bot, std::string_view file,
                                    ImportNotes& notes) {
  const std::string_view action = bot.TextOf("action");
  if (action == "ALLOW") return "action = \"allow\"\n";
  if (action == "DENY") return "action = \"deny\"\n";
  if (action == "CHALLENGE") {
    return Concat("action = \"challenge\"\nlevel = \"",
                  LevelForChallenge(bot.Find("challenge"), file, notes), "\"\n");
  }
  const YamlNode* const node = bot.Find("action");
  const auto lose = [&](std::string_view why) {
    notes.Lose(
        file, node != nullptr ? node->place : bot.place,
        Concat("rule \"", Printable(std::string(bot.TextOf("name"))), "\" is left out: ", why));
    return std::nullopt;
  };
  if (action != "WEIGH") {
    return lose(action == "DEBUG_BENCHMARK" || action == "BENCHMARK"
                    ? std::string("there is no benchmark to send clients to")
                    : Concat("there is no action \"", Printable(std::string(action)), "\""));
  }
  const YamlNode* const weight = bot.Find("weight");
  // Anubis adds 5 where nothing is said.
  const auto adjust = weight == nullptr ? std::optional(5) : NumberOf(weight->TextOf("adjust"));
  if (!adjust) return lose("weight has no whole number \"adjust\"");
  if (*adjust == 0) return lose("it adds no weight");
  const int kept = std::clamp(*adjust, -1000, 1000);
  if (kept != *adjust) notes.Change(file, weight->place, Concat("the weight becomes ", kept));
  return Concat("action = \"weigh\"\nweight = ", kept, "\n");
}

}  // namespace

std::string LevelForChallenge(const YamlNode* challenge, std::string_view file,
                              ImportNotes& notes) {
  if (challenge == nullptr || challenge->kind != YamlKind::kMap) return "light";
  const std::string_view algorithm = challenge->TextOf("algorithm");
  const int difficulty = NumberOf(challenge->TextOf("difficulty")).value_or(4);
  const bool is_wait = algorithm == "metarefresh" || algorithm == "preact";
  constexpr int kLastLight = 4;
  std::string level = is_wait ? "wait" : difficulty <= kLastLight ? "light" : "standard";
  notes.Change(file, challenge->place,
               Concat(algorithm.empty() ? "fast" : Printable(std::string(algorithm)),
                      " with difficulty ", difficulty, " becomes level \"", level, "\""));
  if (challenge->Find("report_as") != nullptr) {
    notes.Change(file, challenge->Find("report_as")->place,
                 "report_as is dropped: a challenge is as dear as it says");
  }
  return level;
}

std::string AnubisRules::NameFor(std::string_view name) {
  constexpr std::size_t kMaxName = 60;
  std::string kept;
  for (const char c : name.substr(0, kMaxName)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
    kept += fits ? c : '-';
  }
  if (kept.empty()) kept = "rule";
  std::string unique = kept;
  for (int number = 2; !names_.insert(unique).second; ++number) {
    unique = Concat(kept.substr(0, kMaxName - 4), "-", number);
  }
  return unique;
}

std::optional<std::string> AnubisRules::Convert(const YamlNode& bot, std::string_view file) {
  BotReader reader(bot, file, notes_);
  const auto condition = reader.Read();
  if (!condition) return std::nullopt;
  const auto action = ActionOf(bot, file, notes_);
  if (!action) return std::nullopt;
  const std::string name = NameFor(bot.TextOf("name"));
  const std::string rule =
      Concat("[[rule]]\nname = \"", name, "\"\n", TomlMatchers(*condition), *action);
  // What the policy file doesn't take is said here, by the place that it comes from.
  if (const auto parsed = ParsePolicyFile(rule, file); !parsed) {
    names_.erase(name);
    notes_.Lose(file, bot.place,
                Concat("rule \"", name, "\" is left out: ", parsed.error().front().message));
    return std::nullopt;
  }
  needs_places_ = needs_places_ || reader.needs_places();
  return Concat("# ", Printable(std::string(file)), ":", bot.place.line, "\n", rule);
}

}  // namespace stile
