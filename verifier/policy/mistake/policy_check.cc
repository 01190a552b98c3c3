#include "verifier/policy/mistake/policy_check.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "verifier/policy/built_in_levels.h"
#include "verifier/policy/index/reading.h"
#include "verifier/policy/mistake/effort_mistake.h"
#include "verifier/policy/mistake/matcher_mistake.h"
#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/mistake/source_tally.h"

namespace stile {
namespace {

SourceMistake Wrong(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
SourceMistake TooMuch(std::string message) { return {ErrorCode::kOutOfRange, std::move(message)}; }

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
    }
    CheckThresholds();
    CheckAction("default", source_.default_action);
    CheckRank("default", source_.default_rank);
    CheckBudgets();
    Add("effort", MistakeInEffort(source_.effort));
    return std::move(errors_);
  }

 private:
  void Add(std::string place, SourceMistake mistake) {
    errors_.push_back({mistake.code, std::move(place), std::move(mistake.message)});
  }
  void Add(const std::string& place, std::optional<SourceMistake> mistake) {
    if (mistake) Add(place, std::move(*mistake));
  }
  void AddAll(const std::string& place, std::vector<SourceMistake> mistakes) {
    for (SourceMistake& mistake : mistakes) Add(place, std::move(mistake));
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
    std::unordered_set<std::string> names;
    for (const Agent& agent : source_.agents) {
      const std::string place = "agent " + agent.name;
      AddAll(place, MistakesInAgent(agent, tally_));
      if (!names.insert(agent.name).second) {
        Add(place, Wrong("the name is that of another agent too: give it its own"));
      }
    }
  }

  void CheckRule(std::size_t index) {
    const Rule& rule = source_.rules[index];
    const std::string place = "rule " + std::to_string(index + 1) + " (" + rule.name + ")";
    Add(place, MistakeInName(rule.name));
    if (!names_.insert(rule.name).second) {
      Add(place, Wrong("the name is that of another rule too: give it its own"));
    }
    AddAll(place,
           MistakesInMatchers(rule, ReadingOf(rule.action, rule.weight), source_.agents, tally_));
    if (rule.action != Action::kNone || rule.weight == 0) CheckAction(place, rule.action);
    if (rule.weight != 0) Add(place, MistakeInWeight(rule));
    if (rule.action == Action::kChallenge) CheckRank(place, rule.rank);
    Add(place, MistakeInCharge(rule));
    if (rule.budget && rule.budget->count != 0) Add(place, MistakeInBudget(*rule.budget));
  }

  void CheckBudgets() {
    const BudgetRules& rules = source_.budgets;
    for (const Rate* rate :
         {&rules.cleared_prefix, &rules.uncleared_prefix, &rules.uncleared_ring}) {
      if (rate->count != 0) Add("budgets", MistakeInBudget(*rate));
    }
    if (rules.price == 0 || rules.price > kMaxPrice) {
      Add("budgets", TooMuch("the price must be from 1 to 64"));
    }
    if (rules.static_assets.size() > kMaxStaticAssets) {
      Add("budgets", TooMuch("there are more than 64 extensions of static assets: remove some"));
      return;
    }
    for (const std::string& extension : rules.static_assets) {
      Add("budgets", MistakeInExtension(extension));
    }
    if (source_.default_cost.value_or(0) > kMaxCost) {
      Add("default", TooMuch("the cost must be from 0 to 100"));
    }
    for (const Level& level : source_.levels) {
      if (level.budget && level.budget->count != 0) {
        Add("level " + level.name, MistakeInBudget(*level.budget));
      }
    }
  }

  void CheckThresholds() {
    for (std::size_t i = 0; i < source_.thresholds.size(); ++i) {
      const Threshold& threshold = source_.thresholds[i];
      const std::string place = "threshold " + std::to_string(i + 1);
      if (auto mistake = MistakeInThreshold(source_.thresholds, i)) {
        Add(place, std::move(*mistake));
        if (i + 1 > kMaxThresholds) return;
      }
      CheckAction(place, threshold.action);
      if (threshold.action == Action::kChallenge) CheckRank(place, threshold.rank);
    }
  }

  void CheckAction(const std::string& place, Action action) {
    if (action != Action::kAllow && action != Action::kChallenge && action != Action::kDeny) {
      Add(place, Wrong("the action must be allow, challenge or deny"));
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
  SourceTally tally_;
};

}  // namespace

Errors MistakesInPolicy(const PolicySource& source) { return PolicyCheck(source).Run(); }

}  // namespace stile
