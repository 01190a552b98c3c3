#include "verifier/policy/policy_check.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include "verifier/policy/built_in_levels.h"
#include "verifier/policy/compiled_policy.h"
#include "verifier/policy/nearest_name.h"
#include "verifier/policy/reading.h"
#include "verifier/policy/source_mistake.h"

namespace stile {
namespace {

SourceMistake Wrong(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
SourceMistake TooMuch(std::string message) { return {ErrorCode::kOutOfRange, std::move(message)}; }

bool Decides(Action action) {
  return action == Action::kAllow || action == Action::kChallenge || action == Action::kDeny;
}

// Collects the mistakes of one source.
class PolicyCheck {
 public:
  explicit PolicyCheck(const PolicySource& source) : source_(source) {}

  Errors Run() && {
    CheckLevels();
    CheckAgents();
    if (source_.rules.size() > Policy::kMaxRules) {
      Add("rules", TooMuch("there are more than 10000 rules: remove some"));
    } else {
      for (std::size_t i = 0; i < source_.rules.size(); ++i) CheckRule(i);
      CheckTotals();
    }
    CheckThresholds();
    if (!Decides(source_.default_action)) {
      Add("default", Wrong("the action must be allow, challenge or deny"));
    }
    CheckRank("default", source_.default_rank);
    return std::move(errors_);
  }

 private:
  void Add(std::string place, SourceMistake mistake) {
    errors_.push_back({mistake.code, std::move(place), std::move(mistake.message)});
  }
  void Add(const std::string& place, std::optional<SourceMistake> mistake) {
    if (mistake) Add(place, std::move(*mistake));
  }
  template <typename Check>
  void AddEach(const std::string& place, const std::vector<std::string>& values, Check check) {
    for (const std::string& value : values) Add(place, check(value));
  }

  void CheckLevels() {
    if (source_.levels.size() > Policy::kMaxLevels) {
      Add("levels", TooMuch("there are more than 64 levels: remove some"));
      return;
    }
    for (LevelMistake& found : MistakesInLevels(source_.levels)) {
      std::string place = "level " + source_.levels[found.level].name;
      if (found.alternative) place += ", alternative " + std::to_string(*found.alternative + 1);
      Add(std::move(place), std::move(found.mistake));
    }
  }

  void CheckAgents() {
    if (source_.agents.size() > kMaxAgents) {
      Add("agents", TooMuch("there are more than 256 agents: remove some"));
      return;
    }
    for (const Agent& agent : source_.agents) {
      const std::string place = "agent " + agent.name;
      Add(place, MistakeInName(agent.name));
      if (!agents_.insert(agent.name).second) {
        Add(place, Wrong("the name is that of another agent too: give it its own"));
      }
      AddEach(place, agent.user_agents, MistakeInUserAgent);
      CheckLists(place, agent.lists);
    }
  }

  void CheckRule(std::size_t index) {
    const Rule& rule = source_.rules[index];
    const std::string place = "rule " + std::to_string(index + 1) + " (" + rule.name + ")";
    Add(place, MistakeInName(rule.name));
    if (!names_.insert(rule.name).second) {
      Add(place, Wrong("the name is that of another rule too: give it its own"));
    }
    CheckTable(place, rule, ReadingOf(rule.action, rule.weight), 0);
    if (rule.action == Action::kNone && rule.weight != 0) {
      if (rule.weight < -kMaxWeight || rule.weight > kMaxWeight) {
        Add(place, TooMuch("the weight must be from -1000 to 1000"));
      }
      return;
    }
    if (!Decides(rule.action)) {
      Add(place, Wrong("the action must be allow, challenge or deny, or a weight other than 0"));
    } else if (rule.weight != 0) {
      Add(place, Wrong("a rule that decides has no weight: remove it, or let the rule weigh"));
    }
    if (rule.action == Action::kChallenge) CheckRank(place, rule.rank);
  }

  void CheckTable(const std::string& place, const Matchers& table, Reading reading,
                  std::size_t depth) {
    if (depth > Matchers::kMaxDepth) {
      Add(place, TooMuch("any, all and not are nested deeper than 8: write it flatter"));
      return;
    }
    AddEach(place, table.hosts, MistakeInHost);
    for (const std::string& path : table.paths) Add(place, MistakeInPathAs(path, reading));
    AddEach(place, table.methods, MistakeInMethod);
    methods_.insert(table.methods.begin(), table.methods.end());
    AddEach(place, table.user_agents, MistakeInUserAgent);
    for (const Cidr& range : table.ips) Add(place, MistakeInCidr(range));
    ranges_ += table.ips.size();
    CheckLists(place, table.ip_lists);
    regexes_ += table.path_regexes.size() + table.user_agent_regexes.size();
    for (const FieldTest& test : table.headers) CheckField(place, test, true);
    for (const FieldTest& test : table.queries) CheckField(place, test, false);
    for (const std::string& name : table.agents) CheckAgentName(place, name);
    if (table.overload && *table.overload > 100) {
      Add(place, TooMuch("the overload must be from 0 to 100"));
    }
    if (table.negated.size() > 1) {
      Add(place, Wrong("there is more than one table under not: put them under any or all"));
    }
    for (const Matchers& one : table.any) CheckTable(place, one, reading, depth + 1);
    for (const Matchers& one : table.all) CheckTable(place, one, reading, depth + 1);
    for (const Matchers& one : table.negated) {
      CheckTable(place, one, Opposite(reading), depth + 1);
    }
  }

  static std::optional<SourceMistake> MistakeInPathAs(const std::string& path, Reading reading) {
    return MistakeInPath(path, reading == Reading::kStrict ? Action::kAllow : Action::kDeny);
  }

  void CheckField(const std::string& place, const FieldTest& test, bool is_header) {
    const bool has_values =
        test.question != FieldQuestion::kPresent && test.question != FieldQuestion::kAbsent;
    if (test.question == FieldQuestion::kRegex) regexes_ += test.values.size();
    if (is_header && test.name.empty()) Add(place, Wrong("the header has no name: write one"));
    if (!is_header && test.name.empty() && !has_values) {
      Add(place, Wrong("a question whether a parameter is present needs its name: write one"));
    }
    if (has_values == test.values.empty()) {
      Add(place, Wrong(has_values ? "there is no value to compare with: write one"
                                  : "present and absent take no values: remove them"));
    }
  }

  void CheckAgentName(const std::string& place, const std::string& name) {
    if (agents_.contains(name)) return;
    std::vector<std::string_view> known(agents_.begin(), agents_.end());
    for (const Agent& agent : BuiltInAgents()) known.push_back(agent.name);
    const std::string_view nearest = NearestName(name, known);
    std::string message = "there is no agent \"" + Printable(name) + "\"";
    if (!nearest.empty())
      message += ": did you mean \"" + std::string(nearest) + "\"?";
    else
      message += ": define it, or name one that exists";
    Add(place, Wrong(std::move(message)));
  }

  void CheckLists(const std::string& place,
                  const std::vector<std::shared_ptr<const RangeList>>& lists) {
    for (const auto& list : lists) {
      if (list == nullptr) {
        Add(place, Wrong("a list of ranges is missing: hand one over"));
      } else if (lists_.insert(list.get()).second) {
        ranges_ += list->ranges.size();
      }
    }
  }

  void CheckTotals() {
    if (methods_.size() > kMaxMethods) {
      Add("rules", TooMuch("the rules name more than 64 methods: use fewer"));
    }
    if (regexes_ > kMaxRegexes) {
      Add("rules", TooMuch("the rules have more than 1024 regular expressions: use fewer"));
    }
    if (ranges_ > kMaxRangesOfPolicy) {
      Add("rules", TooMuch("the rules and lists have more than 2000000 ranges: use fewer"));
    }
  }

  void CheckThresholds() {
    if (source_.thresholds.size() > kMaxThresholds) {
      Add("thresholds", TooMuch("there are more than 16 thresholds: remove some"));
      return;
    }
    std::set<std::int32_t> seen;
    for (std::size_t i = 0; i < source_.thresholds.size(); ++i) {
      const Threshold& threshold = source_.thresholds[i];
      const std::string place = "threshold " + std::to_string(i + 1);
      if (!seen.insert(threshold.at).second) {
        Add(place,
            Wrong("another threshold is at " + std::to_string(threshold.at) + " too: remove one"));
      }
      if (!Decides(threshold.action)) {
        Add(place, Wrong("the action must be allow, challenge or deny"));
      }
      if (threshold.action == Action::kChallenge) CheckRank(place, threshold.rank);
    }
  }

  void CheckRank(const std::string& place, std::uint8_t rank) {
    const auto& levels = source_.levels;
    if (std::any_of(levels.begin(), levels.end(),
                    [rank](const Level& level) { return level.rank == rank; })) {
      return;
    }
    Add(place,
        Wrong("a challenge needs the rank of a level; no level has rank " + std::to_string(rank)));
  }

  const PolicySource& source_;
  Errors errors_;
  std::unordered_set<std::string> names_;
  std::set<std::string, std::less<>> agents_;
  std::unordered_set<std::string> methods_;
  std::unordered_set<const RangeList*> lists_;
  std::size_t ranges_ = 0;
  std::size_t regexes_ = 0;
};

}  // namespace

Errors MistakesInPolicy(const PolicySource& source) { return PolicyCheck(source).Run(); }

}  // namespace stile
