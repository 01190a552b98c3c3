#include "tool/anubis/anubis_thresholds.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "challenge/concat.h"
#include "tool/anubis/anubis_rule.h"

namespace stile {
namespace {

using Weight = std::int64_t;
constexpr Weight kLowest = std::numeric_limits<std::int32_t>::min();
constexpr Weight kHighest = std::numeric_limits<std::int32_t>::max();

// Weights from `first` to the one before `end`, and what is done with them.
struct WeightRange {
  Weight first = kLowest;
  Weight end = kHighest;
  std::string action;  // In TOML.
};

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

// Narrows `range` by "weight >= 10". False if it is no such comparison.
bool Narrow(std::string_view text, WeightRange& range) {
  text = Trimmed(text);
  if (!text.starts_with("weight")) return false;
  text = Trimmed(text.substr(6));
  const std::size_t sign_size = text.find_first_not_of("<>=");
  if (sign_size == std::string_view::npos) return false;
  const std::string_view sign = text.substr(0, sign_size);
  text = Trimmed(text.substr(sign_size));
  Weight number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= kLowest ||
      number >= kHighest) {
    return false;
  }
  const auto from = [&range](Weight first) { range.first = std::max(range.first, first); };
  const auto before = [&range](Weight last) { range.end = std::min(range.end, last); };
  if (sign == ">=") return from(number), true;
  if (sign == ">") return from(number + 1), true;
  if (sign == "<") return before(number), true;
  if (sign == "<=") return before(number + 1), true;
  if (sign == "==") return from(number), before(number + 1), true;
  return false;
}

bool NarrowAll(std::string_view text, WeightRange& range) {
  while (true) {
    const std::size_t at = text.find("&&");
    if (!Narrow(text.substr(0, at), range)) return false;
    if (at == std::string_view::npos) return true;
    text.remove_prefix(at + 2);
  }
}

bool ReadRange(const YamlNode* expression, WeightRange& range) {
  if (expression == nullptr) return false;
  if (expression->kind == YamlKind::kScalar) return NarrowAll(expression->text, range);
  const YamlNode* const all = expression->Find("all");
  if (all == nullptr || all->kind != YamlKind::kList || expression->members.size() != 1) {
    return false;
  }
  return std::all_of(all->items.begin(), all->items.end(), [&range](const YamlNode& item) {
    return item.kind == YamlKind::kScalar && NarrowAll(item.text, range);
  });
}

std::optional<WeightRange> ReadThreshold(const YamlNode& threshold, std::string_view file,
                                         ImportNotes& notes) {
  WeightRange range;
  const auto lose = [&](std::string_view why) {
    notes.Lose(file, threshold.place,
               Concat("threshold \"", Printable(std::string(threshold.TextOf("name"))),
                      "\" is left out: ", why));
    return std::nullopt;
  };
  if (!ReadRange(threshold.Find("expression"), range)) {
    return lose("its expression does more than compare the weight with numbers");
  }
  const std::string_view action = threshold.TextOf("action");
  if (action == "ALLOW") {
    range.action = "action = \"allow\"\n";
  } else if (action == "DENY") {
    range.action = "action = \"deny\"\n";
  } else if (action == "CHALLENGE") {
    range.action = Concat("action = \"challenge\"\nlevel = \"",
                          LevelForChallenge(threshold.Find("challenge"), file, notes), "\"\n");
  } else {
    return lose(Concat("there is no action \"", Printable(std::string(action)), "\""));
  }
  return range;
}

// What is done with `weight`: the first range that has it decides, and else it passes.
std::string ActionAt(const std::vector<WeightRange>& ranges, Weight weight) {
  for (const WeightRange& range : ranges) {
    if (weight >= range.first && weight < range.end) return range.action;
  }
  return "action = \"allow\"\n";
}

}  // namespace

std::string ConvertThresholds(const YamlNode* thresholds, std::string_view file,
                              ImportNotes& notes) {
  std::vector<WeightRange> ranges;
  if (thresholds == nullptr || thresholds->kind != YamlKind::kList || thresholds->items.empty()) {
    ranges.push_back({1, kHighest, "action = \"challenge\"\nlevel = \"light\"\n"});
  } else {
    for (const YamlNode& threshold : thresholds->items) {
      if (auto range = ReadThreshold(threshold, file, notes)) ranges.push_back(*std::move(range));
    }
  }
  std::set<Weight> steps;
  for (const WeightRange& range : ranges) {
    if (range.first > kLowest) steps.insert(range.first);
    if (range.end < kHighest) steps.insert(range.end);
  }
  std::string last = ActionAt(ranges, kLowest);
  std::string text = "[default]\n" + last;
  for (const Weight step : steps) {
    std::string action = ActionAt(ranges, step);
    if (action == last) continue;
    text += Concat("\n[[threshold]]\nat = ", step, "\n", action);
    last = std::move(action);
  }
  return text;
}

}  // namespace stile
