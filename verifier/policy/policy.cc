#include "verifier/policy/policy.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "verifier/policy/built_in_levels.h"
#include "verifier/policy/compiled_policy.h"
#include "verifier/policy/source_digest.h"
#include "verifier/policy/source_mistake.h"

namespace stile {
namespace {

const Level* FindLevel(const std::vector<Level>& levels, std::uint8_t rank) {
  const auto at = std::find_if(levels.begin(), levels.end(),
                               [rank](const Level& level) { return level.rank == rank; });
  return at == levels.end() ? nullptr : &*at;
}

// Collects the mistakes of one source.
class SourceCheck {
 public:
  explicit SourceCheck(const PolicySource& source) : source_(source) {}

  Errors Run() && {
    if (source_.levels.size() > Policy::kMaxLevels) {
      Add("levels", {ErrorCode::kOutOfRange, "there are more than 64 levels: remove some"});
    } else {
      for (LevelMistake& found : MistakesInLevels(source_.levels)) {
        std::string place = "level " + source_.levels[found.level].name;
        if (found.alternative) place += ", alternative " + std::to_string(*found.alternative + 1);
        Add(std::move(place), std::move(found.mistake));
      }
    }
    if (source_.rules.size() > Policy::kMaxRules) {
      Add("rules", {ErrorCode::kOutOfRange, "there are more than 10000 rules: remove some"});
    } else {
      for (std::size_t i = 0; i < source_.rules.size(); ++i) CheckRule(i);
      if (methods_.size() > kMaxMethods) {
        Add("rules", {ErrorCode::kOutOfRange, "the rules name more than 64 methods: use fewer"});
      }
    }
    CheckAction("default", source_.default_action);
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

  void CheckRule(std::size_t index) {
    const Rule& rule = source_.rules[index];
    const std::string place = "rule " + std::to_string(index + 1) + " (" + rule.name + ")";
    Add(place, MistakeInName(rule.name));
    if (!names_.insert(rule.name).second) {
      Add(place, SourceMistake{ErrorCode::kInvalidArgument,
                               "the name is that of another rule too: give it its own"});
    }
    for (const std::string& host : rule.hosts) Add(place, MistakeInHost(host));
    for (const std::string& path : rule.paths) Add(place, MistakeInPath(path, rule.action));
    for (const std::string& method : rule.methods) {
      Add(place, MistakeInMethod(method));
      methods_.insert(method);
    }
    for (const Cidr& range : rule.ips) Add(place, MistakeInCidr(range));
    for (const std::string& text : rule.user_agents) Add(place, MistakeInUserAgent(text));
    CheckAction(place, rule.action);
    if (rule.action == Action::kChallenge) CheckRank(place, rule.rank);
  }

  void CheckAction(const std::string& place, Action action) {
    if (action != Action::kAllow && action != Action::kChallenge && action != Action::kDeny) {
      Add(place, SourceMistake{ErrorCode::kInvalidArgument,
                               "the action must be allow, challenge or deny"});
    }
  }

  void CheckRank(const std::string& place, std::uint8_t rank) {
    if (FindLevel(source_.levels, rank) != nullptr) return;
    Add(place, SourceMistake{ErrorCode::kInvalidArgument,
                             "a challenge needs the rank of a level; no level has rank " +
                                 std::to_string(rank)});
  }

  const PolicySource& source_;
  Errors errors_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> methods_;
};

void NameRules(std::vector<Rule>& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].name.empty()) rules[i].name = "rule-" + std::to_string(i + 1);
    if (rules[i].action != Action::kChallenge) rules[i].rank = 0;
  }
}

Outcome OutcomeOf(const PolicySource& source, Action action, std::uint8_t rank, OnFault on_fault) {
  Outcome outcome{action, 0, 0, on_fault};
  const Level* level = action == Action::kChallenge ? FindLevel(source.levels, rank) : nullptr;
  if (level != nullptr) {
    outcome.rank = level->AcceptedRank();
    outcome.level_rank = level->rank;
  }
  return outcome;
}

std::vector<std::string> MethodsOf(const std::vector<Rule>& rules) {
  std::vector<std::string> methods;
  for (const Rule& rule : rules) {
    for (const std::string& method : rule.methods) {
      if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
        methods.push_back(method);
      }
    }
  }
  return methods;
}

}  // namespace

tl::expected<std::shared_ptr<const Policy>, Errors> Policy::Compile(PolicySource source) {
  CompleteLevels(source.levels);
  NameRules(source.rules);
  Errors errors = SourceCheck(source).Run();
  if (!errors.empty()) return tl::unexpected(std::move(errors));

  auto compiled = std::make_unique<Compiled>();
  compiled->digest = DigestOf(source);
  compiled->methods = MethodsOf(source.rules);
  compiled->fallback =
      OutcomeOf(source, source.default_action, source.default_rank, OnFault::kStale);
  for (std::size_t i = 0; i < source.rules.size(); ++i) {
    const Rule& rule = source.rules[i];
    if (rule.mode == RuleMode::kOff) continue;
    compiled->entries.push_back({OutcomeOf(source, rule.action, rule.rank, rule.on_fault),
                                 rule.mode == RuleMode::kShadow, static_cast<std::uint16_t>(i),
                                 CompiledRule(rule, compiled->methods)});
  }
  compiled->source = std::move(source);
  return std::shared_ptr<const Policy>(new Policy(std::move(compiled)));
}

std::shared_ptr<const Policy> Policy::Minimal() {
  static const std::shared_ptr<const Policy> minimal = *Compile(PolicySource{});
  return minimal;
}

Policy::Policy(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Policy::~Policy() = default;

const Level* Policy::LevelFor(std::uint8_t rank) const noexcept {
  const std::vector<Level>& levels = compiled_->source.levels;
  const auto at = std::find_if(levels.begin(), levels.end(),
                               [rank](const Level& level) { return level.rank >= rank; });
  return at == levels.end() ? &levels.back() : &*at;
}

std::string_view Policy::LevelName(std::uint8_t rank) const noexcept {
  const Level* level = FindLevel(compiled_->source.levels, rank);
  return level == nullptr ? std::string_view() : std::string_view(level->name);
}

const std::vector<Level>& Policy::levels() const noexcept { return compiled_->source.levels; }
const std::vector<Rule>& Policy::rules() const noexcept { return compiled_->source.rules; }
const std::vector<Threshold>& Policy::thresholds() const noexcept {
  return compiled_->source.thresholds;
}
const std::vector<Agent>& Policy::agents() const noexcept { return compiled_->source.agents; }
std::uint8_t Policy::default_rank() const noexcept { return compiled_->source.default_rank; }
const std::string& Policy::digest() const noexcept { return compiled_->digest; }

}  // namespace stile
