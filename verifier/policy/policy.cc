#include "verifier/policy/policy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "verifier/policy/built_in_levels.h"
#include "verifier/policy/compiled_policy.h"
#include "verifier/policy/default_rules.h"
#include "verifier/policy/index/reading.h"
#include "verifier/policy/index/rule_compiler.h"
#include "verifier/policy/matcher_tree.h"
#include "verifier/policy/mistake/policy_check.h"
#include "verifier/policy/source_digest.h"

namespace stile {
namespace {

const Level* FindLevel(const std::vector<Level>& levels, std::uint8_t rank) {
  const auto at = std::find_if(levels.begin(), levels.end(),
                               [rank](const Level& level) { return level.rank == rank; });
  return at == levels.end() ? nullptr : &*at;
}

void CompleteRules(std::vector<Rule>& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].name.empty()) rules[i].name = "rule-" + std::to_string(i + 1);
    if (rules[i].action != Action::kChallenge) rules[i].rank = 0;
  }
}

// Adds the built-in agents that rules name and the source doesn't define, in the order of names.
void AddBuiltInAgents(PolicySource& source) {
  std::set<std::string> missing;
  for (const Rule& rule : source.rules) {
    ForEachTable(rule, [&missing](const Matchers& table) {
      missing.insert(table.agents.begin(), table.agents.end());
    });
  }
  for (const Agent& agent : source.agents) missing.erase(agent.name);
  for (const std::string& name : missing) {
    if (const Agent* built_in = FindBuiltInAgent(name)) source.agents.push_back(*built_in);
  }
}

Outcome OutcomeOf(const PolicySource& source, Action action, std::uint8_t rank, OnFault on_fault,
                  std::optional<std::uint8_t> cost = std::nullopt) {
  Outcome outcome;
  outcome.action = action;
  outcome.on_fault = on_fault;
  outcome.static_is_free = !cost.has_value();
  outcome.cost = cost.value_or(action == Action::kChallenge ? 1 : 0);
  const Level* level = action == Action::kChallenge ? FindLevel(source.levels, rank) : nullptr;
  if (level != nullptr) {
    outcome.rank = level->AcceptedRank();
    outcome.level_rank = level->rank;
  }
  return outcome;
}

// What of the terms doesn't belong to rules.
BudgetTerms TermsOf(const PolicySource& source) {
  BudgetTerms terms;
  terms.levels.clear();
  for (const Level& level : source.levels) {
    const Rate budget = level.budget.value_or(Rate{});
    terms.levels.push_back({BudgetTable::PaceOf(budget), BudgetTable::PaceOf(TenthOf(budget)),
                            BudgetTable::PaceOf(HalfOf(budget))});
  }
  for (std::size_t rank = 0; rank < terms.level_of_rank.size(); ++rank) {
    const auto at = std::find_if(source.levels.begin(), source.levels.end() - 1,
                                 [rank](const Level& level) { return level.rank >= rank; });
    terms.level_of_rank[rank] = static_cast<std::uint8_t>(at - source.levels.begin());
  }
  terms.cleared_prefix = BudgetTable::PaceOf(source.budgets.cleared_prefix);
  terms.uncleared_prefix = BudgetTable::PaceOf(source.budgets.uncleared_prefix);
  terms.uncleared_ring = BudgetTable::PaceOf(source.budgets.uncleared_ring);
  terms.price = source.budgets.price;
  terms.static_assets = StaticAssets(source.budgets.static_assets);
  return terms;
}

// Adds the own budget of `rule`, if it has one, and says so in `outcome`.
void AddOwnBudget(const Rule& rule, BudgetTerms& terms, Outcome& outcome) {
  if (!rule.budget || rule.budget->count == 0) return;
  outcome.own_budget = static_cast<std::uint16_t>(terms.own.size());
  terms.own.push_back({BudgetTable::PaceOf(*rule.budget), KeyOfNames({rule.name})});
}

std::vector<std::string> MethodsOf(const std::vector<Rule>& rules) {
  std::vector<std::string> methods;
  for (const Rule& rule : rules) {
    ForEachTable(rule, [&methods](const Matchers& table) {
      for (const std::string& method : table.methods) {
        if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
          methods.push_back(method);
        }
      }
    });
  }
  return methods;
}

PolicyNeeds NeedsOf(const PolicySource& source, const Conditions& conditions) {
  PolicyNeeds needs;
  for (const Rule& rule : source.rules) {
    if (rule.mode == RuleMode::kOff) continue;
    ForEachTable(rule, [&needs](const Matchers& table) {
      needs.fields |= !table.headers.empty();
      needs.country |= !table.countries.empty();
      needs.asn |= !table.asns.empty();
      needs.tls_fingerprint |= !table.tls_fingerprints.empty();
    });
  }
  for (const CompiledAgent& agent : conditions.agents) needs.reverse_names |= agent.has_names;
  return needs;
}

}  // namespace

tl::expected<std::shared_ptr<const Policy>, Errors> Policy::Compile(PolicySource source) {
  CompleteLevels(source.levels);
  CompleteRules(source.rules);
  AddBuiltInAgents(source);
  Errors errors = MistakesInPolicy(source);
  if (!errors.empty()) return tl::unexpected(std::move(errors));

  auto compiled = std::make_unique<Compiled>();
  compiled->digest = DigestOf(source);
  compiled->methods = MethodsOf(source.rules);
  compiled->budgets = TermsOf(source);
  errors = CompileRules(source, *compiled);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  compiled->needs = NeedsOf(source, compiled->conditions);
  compiled->fallback = OutcomeOf(source, source.default_action, source.default_rank,
                                 OnFault::kStale, source.default_cost);
  for (std::size_t i = 0; i < source.thresholds.size(); ++i) {
    const Threshold& threshold = source.thresholds[i];
    compiled->thresholds.push_back(
        {threshold.at, static_cast<std::uint16_t>(i),
         OutcomeOf(source, threshold.action, threshold.rank, OnFault::kStale)});
  }
  std::sort(compiled->thresholds.begin(), compiled->thresholds.end(),
            [](const auto& a, const auto& b) { return a.at > b.at; });
  for (const Agent& agent : source.agents) {
    compiled->agent_keys.push_back(KeyOfNames(agent.reverse_names));
  }
  compiled->source = std::move(source);
  return std::shared_ptr<const Policy>(new Policy(std::move(compiled)));
}

Errors Policy::CompileRules(const PolicySource& source, Compiled& compiled) {
  RuleCompiler compiler(source, compiled.methods);
  std::vector<CompiledCondition> conditions;
  for (std::size_t i = 0; i < source.rules.size(); ++i) {
    const Rule& rule = source.rules[i];
    if (rule.mode == RuleMode::kOff) continue;
    CompiledCondition condition = compiler.Compile(rule, compiled.entries.size());
    Compiled::Entry entry;
    entry.outcome = OutcomeOf(source, rule.action, rule.rank, rule.on_fault, rule.cost);
    AddOwnBudget(rule, compiled.budgets, entry.outcome);
    entry.weight = rule.weight;
    entry.condition = condition.node;
    entry.index = static_cast<std::uint16_t>(i);
    entry.shadow = rule.mode == RuleMode::kShadow;
    entry.refuses = ReadingOf(rule.action, rule.weight) == Reading::kLenient;
    compiled.entries.push_back(entry);
    conditions.push_back(std::move(condition));
  }
  Errors errors = std::move(compiler.errors());
  if (compiler.leaves().size() > LeafIndex::kMaxLeaves) {
    errors.push_back({ErrorCode::kOutOfRange, "rules",
                      "the rules have more than " + std::to_string(LeafIndex::kMaxLeaves) +
                          " matchers: use fewer"});
  }
  if (!errors.empty()) return errors;
  compiled.conditions = std::move(compiler.conditions());
  compiled.conditions.nodes.shrink_to_fit();
  compiled.entries.shrink_to_fit();
  auto index = std::move(compiler.leaves()).Build();
  if (!index) return {{ErrorCode::kOutOfRange, "rules", std::move(index.error())}};
  compiled.index = *std::move(index);

  const std::size_t words = (compiled.entries.size() + 63) / 64;
  compiled.always.resize(words);
  compiled.always_summary.resize((words + 63) / 64);
  std::vector<std::vector<std::uint32_t>> anchored(compiled.index.size());
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    if (conditions[i].anchor) {
      for (const std::uint32_t leaf : *conditions[i].anchor) {
        anchored[leaf].push_back(static_cast<std::uint32_t>(i));
      }
    } else {
      compiled.always[i / 64] |= std::uint64_t{1} << (i % 64);
      compiled.always_summary[i / 4096] |= std::uint64_t{1} << (i / 64 % 64);
    }
  }
  compiled.anchored = LeafLists(anchored);
  return {};
}

std::size_t Policy::Compiled::Bytes() const noexcept {
  return sizeof(Compiled) + conditions.Bytes() + index.Bytes() + anchored.Bytes() +
         (always.capacity() + always_summary.capacity() + agent_keys.capacity()) * 8 +
         budgets.levels.capacity() * sizeof(budgets.levels[0]) +
         budgets.own.capacity() * sizeof(OwnBudget) + entries.capacity() * sizeof(Entry) +
         thresholds.capacity() * sizeof(ThresholdEntry);
}

std::shared_ptr<const Policy> Policy::Default() {
  static const std::shared_ptr<const Policy> standard = [] {
    PolicySource source;
    source.rules = DefaultRules({});
    auto policy = Compile(std::move(source));
    return policy ? *std::move(policy) : Minimal();
  }();
  return standard;
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
std::uint64_t Policy::AgentKey(std::size_t agent) const noexcept {
  return agent < compiled_->agent_keys.size() ? compiled_->agent_keys[agent] : 0;
}
const PolicyNeeds& Policy::needs() const noexcept { return compiled_->needs; }
std::size_t Policy::Bytes() const noexcept { return compiled_->Bytes(); }
std::uint8_t Policy::default_rank() const noexcept { return compiled_->source.default_rank; }
const BudgetTerms& Policy::budgets() const noexcept { return compiled_->budgets; }
const std::string& Policy::digest() const noexcept { return compiled_->digest; }

}  // namespace stile
