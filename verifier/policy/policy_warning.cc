#include "verifier/policy/policy_warning.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "verifier/policy/built_in_levels.h"
#include "verifier/policy/mistake/rule_doubt.h"
#include "verifier/policy/rules_above.h"

namespace stile {
namespace {

constexpr std::int64_t kOldListDays = 90;

std::string Quoted(std::string_view text) {
  std::string quoted(1, '"');
  quoted += text;
  quoted += '"';
  return quoted;
}

bool Weighs(const Rule& rule) { return rule.weight != 0; }

// Of the default policy: an operator chose it, and can't move it.
bool IsDefault(const Rule& rule) { return rule.name.starts_with("default."); }

// Shipped lists are old when nobody gave newer ones; their age is shown elsewhere.
bool IsShipped(const RangeList& list) { return list.name.starts_with("shipped:"); }

// "2026-08-20".
std::string DateOf(UnixMillis time) {
  const std::chrono::sys_seconds seconds{std::chrono::seconds(time.Seconds())};
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(seconds));
  std::string text = std::to_string(static_cast<int>(date.year()));
  for (const unsigned number :
       {static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())}) {
    text += '-';
    text += static_cast<char>('0' + number / 10);
    text += static_cast<char>('0' + number % 10);
  }
  return text;
}

// Collects what is doubtful in one source, whose levels are completed.
class Warnings {
 public:
  Warnings(const PolicySource& source, UnixMillis now) : source_(source), now_(now) {}

  std::vector<PolicyWarning> Find() && {
    WarnOfLevels();
    RulesAbove rules_above;
    for (const Rule& rule : source_.rules) {
      if (rule.mode == RuleMode::kOff) continue;
      if (!IsDefault(rule)) {
        WarnOfRule(rule);
        WarnOfRulesAbove(rule, rules_above);
      } else if (rule.name == "default.ai-scrapers") {
        WarnOfRule(rule);  // The one choice that opens a site to whoever says a name.
      }
      rules_above.Add(rule);
    }
    WarnOfWeights();
    WarnOfOldLists();
    std::stable_sort(
        found_.begin(), found_.end(), [](const PolicyWarning& a, const PolicyWarning& b) {
          return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
        });
    return std::move(found_);
  }

 private:
  void Add(FilePlace place, std::string message) {
    found_.push_back({place, Printable(std::move(message))});
  }

  // Each level once, where it is asked first.
  void WarnOfLevels() {
    std::set<std::uint8_t> said;
    const auto warn = [&](FilePlace place, const std::string& who, Action action,
                          std::uint8_t rank) {
      if (action != Action::kChallenge || HasWait(rank) || !said.insert(rank).second) return;
      Add(place, who + " asks for level " + Quoted(NameOf(rank)) +
                     ", which no visitor without JavaScript can reach: give the level an "
                     "alternative that waits, or ask for another");
    };
    for (const Rule& rule : source_.rules) {
      if (rule.mode == RuleMode::kOff) continue;
      warn(rule.place, "rule " + Quoted(rule.name), rule.action, rule.rank);
    }
    for (const Threshold& threshold : source_.thresholds) {
      warn({}, "the threshold at " + std::to_string(threshold.at), threshold.action,
           threshold.rank);
    }
    warn({}, "the default", source_.default_action, source_.default_rank);
  }

  [[nodiscard]] const Level* FindLevel(std::uint8_t rank) const {
    const auto at = std::find_if(source_.levels.begin(), source_.levels.end(),
                                 [rank](const Level& level) { return level.rank == rank; });
    return at == source_.levels.end() ? nullptr : &*at;
  }
  [[nodiscard]] std::string_view NameOf(std::uint8_t rank) const {
    const Level* level = FindLevel(rank);
    return level == nullptr ? std::string_view() : std::string_view(level->name);
  }
  [[nodiscard]] bool HasWait(std::uint8_t rank) const {
    const Level* level = FindLevel(rank);
    if (level == nullptr) return true;  // No level: a mistake, not a doubt.
    const auto* const end = level->alternatives.begin() + level->alternative_count;
    return std::any_of(level->alternatives.begin(), end,
                       [](const Alternative& a) { return a.puzzle == Puzzle::kWait; });
  }

  void WarnOfRule(const Rule& rule) {
    if (const std::string why = WhyNever(rule, source_); !why.empty()) {
      Add(rule.place, "rule " + Quoted(rule.name) + " can never match: " + why);
    }
    if (rule.weight < 0 && RestsOnWhatAnyoneSends(rule)) {
      Add(rule.place, "rule " + Quoted(rule.name) +
                          " lowers the sum of weights on nothing but what anyone can send: add an "
                          "ip, an ip_list, an agent or another proof, or remove it");
    }
    if (rule.weight != 0 || rule.action != Action::kAllow) return;
    if (RestsOnWhatAnyoneSends(rule)) {
      Add(rule.place, "rule " + Quoted(rule.name) +
                          " lets through on nothing but what anyone can send: add an ip, an "
                          "ip_list, an agent or another proof, or challenge instead");
    }
    for (const std::string& range : VastRanges(rule, source_)) {
      Add(rule.place, "rule " + Quoted(rule.name) + " lets " + range +
                          " through, a large part of the internet: name smaller ranges");
    }
  }

  void WarnOfRulesAbove(const Rule& rule, RulesAbove& rules_above) {
    const Rule* above = rules_above.FindCovering(rule);
    if (above == nullptr) return;
    // A challenge passes over what is never challenged.
    if (above->action == Action::kChallenge && rule.action != Action::kChallenge) {
      Add(rule.place, "rule " + Quoted(rule.name) +
                          " meets only what is never challenged, such as /robots.txt: rule " +
                          Quoted(above->name) +
                          " above decides the rest; move this one above it, or remove it");
    } else {
      Add(rule.place, "rule " + Quoted(rule.name) + " can never match: rule " +
                          Quoted(above->name) +
                          " above decides whatever it would; move this one above it, or remove it");
    }
  }

  void WarnOfWeights() {
    std::int64_t greatest = 0;
    const Rule* first = nullptr;
    for (const Rule& rule : source_.rules) {
      if (!Weighs(rule) || rule.mode != RuleMode::kEnforce) continue;
      if (first == nullptr) first = &rule;
      greatest += std::max(rule.weight, 0);
    }
    if (first != nullptr && source_.thresholds.empty()) {
      Add(first->place, "rule " + Quoted(first->name) +
                            " weighs, and there is no threshold that it could reach: add a "
                            "[[threshold]]");
    }
    for (const Threshold& threshold : source_.thresholds) {
      if (threshold.at <= greatest) continue;
      Add({}, "the threshold at " + std::to_string(threshold.at) +
                  " is never reached: all weights together make " + std::to_string(greatest));
    }
  }

  // Those of agents that some rule names, each once.
  void WarnOfOldLists() {
    std::set<const RangeList*> said;
    for (const Rule& rule : source_.rules) {
      if (rule.mode == RuleMode::kOff) continue;
      for (const Agent* agent : AgentsOf(rule, source_)) {
        for (const auto& list : agent->lists) {
          if (list == nullptr || !list->created || IsShipped(*list)) continue;
          if (!said.insert(list.get()).second) continue;
          const auto age = now_ - *list->created;
          const std::int64_t days = std::chrono::floor<std::chrono::days>(age).count();
          if (days <= kOldListDays) continue;
          Add(rule.place, "the ranges of agent " + Quoted(agent->name) + " in " +
                              Quoted(list->name) + " are those of " + DateOf(*list->created) +
                              ", " + std::to_string(days) + " days ago: fetch the list anew");
        }
      }
    }
  }

  const PolicySource& source_;
  UnixMillis now_;
  std::vector<PolicyWarning> found_;
};

}  // namespace

std::vector<PolicyWarning> WarningsOf(const PolicySource& source, UnixMillis now) {
  PolicySource completed = source;
  CompleteLevels(completed.levels);
  return Warnings(completed, now).Find();
}

}  // namespace stile
