#include "verifier/policy/source_digest.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verifier/agents/agent.h"
#include "verifier/policy/hex_digest.h"

namespace stile {
namespace {

class CanonicalForm {
 public:
  void Add(std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes_ += static_cast<char>(number >> shift & 0xFF);
    }
  }
  void Add(std::string_view text) {
    Add(std::uint64_t{text.size()});
    bytes_ += text;
  }
  void Add(std::int32_t number) { Add(static_cast<std::uint64_t>(std::int64_t{number})); }
  // What has no order: the values of a matcher, of which any one suffices.
  void Add(std::vector<std::string> texts) {
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    Add(std::uint64_t{texts.size()});
    for (const std::string& text : texts) Add(std::string_view(text));
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void Add(Enum value) { Add(static_cast<std::uint64_t>(value)); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

void Add(const Rate& rate, CanonicalForm& form) {
  form.Add(std::uint64_t{rate.count});
  form.Add(static_cast<std::uint64_t>(rate.period.count()));
  form.Add(std::uint64_t{rate.burst});
}

void AddBudget(const std::optional<Rate>& budget, CanonicalForm& form) {
  form.Add(std::uint64_t{budget.has_value()});
  Add(budget.value_or(Rate{}), form);
}

void Add(const BudgetRules& rules, CanonicalForm& form) {
  Add(rules.cleared_prefix, form);
  Add(rules.uncleared_prefix, form);
  Add(rules.uncleared_ring, form);
  form.Add(std::uint64_t{rules.price});
  form.Add(rules.static_assets);
}

// Only what isn't the default, so that the digest of a policy without [effort] is what it was.
void Add(const EffortOptions& effort, CanonicalForm& form) {
  if (effort == EffortOptions{}) return;
  const auto number = [&form](double value) { form.Add(std::bit_cast<std::uint64_t>(value)); };
  form.Add(std::string_view("effort"));
  form.Add(std::uint64_t{effort.control});
  number(effort.admissions);
  form.Add(static_cast<std::uint64_t>(effort.longest.count()));
  form.Add(effort.quiet);
  form.Add(std::uint64_t{effort.held});
  form.Add(std::uint64_t{effort.pin});
  number(effort.prefix_share);
}

void Add(const Level& level, CanonicalForm& form) {
  form.Add(std::string_view(level.name));
  form.Add(std::uint64_t{level.rank});
  form.Add(std::uint64_t{level.alternative_count});
  for (std::size_t i = 0; i < level.alternative_count; ++i) {
    const Alternative& alternative = level.alternatives[i];
    form.Add(alternative.puzzle);
    form.Add(std::uint64_t{alternative.rank});
    form.Add(std::uint64_t{alternative.parts});
    form.Add(std::uint64_t{alternative.budget_class});
    form.Add(alternative.effort);
    form.Add(std::uint64_t{alternative.lifetime_seconds});
    form.Add(std::string_view(level.earns[i]));
  }
  AddBudget(level.budget, form);
}

void Add(std::uint32_t number, CanonicalForm& form) { form.Add(std::uint64_t{number}); }

// A list is what is in it, whatever its name and age.
void Add(const std::shared_ptr<const RangeList>& list, CanonicalForm& form) {
  form.Add(list == nullptr ? std::string_view() : std::string_view(list->digest));
}

// Appends what has no order.
template <typename Part>
void AddSet(const std::vector<Part>& parts, CanonicalForm& form) {
  std::vector<std::string> forms;
  for (const Part& part : parts) {
    CanonicalForm own;
    Add(part, own);
    forms.push_back(own.bytes());
  }
  form.Add(std::move(forms));
}

void Add(const FieldTest& test, CanonicalForm& form) {
  form.Add(std::string_view(test.name));
  form.Add(test.question);
  form.Add(test.values);
}

void Add(const Cidr& range, CanonicalForm& form) {
  form.Add(std::string_view(range.address.ToString()));
  form.Add(static_cast<std::uint64_t>(range.length));
}

template <typename Number>
void AddOptional(const std::optional<Number>& number, CanonicalForm& form) {
  form.Add(std::uint64_t{number.has_value()});
  form.Add(std::uint64_t{number.value_or(0)});
}

void Add(const Matchers& matchers, CanonicalForm& form) {
  form.Add(matchers.hosts);
  form.Add(matchers.paths);
  form.Add(matchers.path_regexes);
  form.Add(matchers.methods);
  AddSet(matchers.queries, form);
  AddSet(matchers.headers, form);
  form.Add(matchers.user_agents);
  form.Add(matchers.user_agent_regexes);
  AddSet(matchers.ips, form);
  AddSet(matchers.ip_lists, form);
  form.Add(matchers.countries);
  AddSet(matchers.asns, form);
  form.Add(matchers.agents);
  form.Add(matchers.tls_fingerprints);
  AddOptional(matchers.rank_held, form);
  AddOptional(matchers.rate, form);
  AddOptional(matchers.overload, form);
  AddSet(matchers.any, form);
  AddSet(matchers.all, form);
  AddSet(matchers.negated, form);
}

void Add(const Rule& rule, CanonicalForm& form) {
  form.Add(std::string_view(rule.name));
  Add(static_cast<const Matchers&>(rule), form);
  form.Add(rule.action);
  form.Add(std::uint64_t{rule.rank});
  form.Add(rule.weight);
  form.Add(rule.mode);
  form.Add(rule.on_fault);
  AddOptional(rule.cost, form);
  AddBudget(rule.budget, form);
}

void Add(const Threshold& threshold, CanonicalForm& form) {
  form.Add(threshold.at);
  form.Add(threshold.action);
  form.Add(std::uint64_t{threshold.rank});
}

void Add(const Agent& agent, CanonicalForm& form) {
  form.Add(std::string_view(agent.name));
  form.Add(agent.user_agents);
  AddSet(agent.lists, form);
  form.Add(agent.reverse_names);
}

void FindAgents(const Matchers& matchers, std::set<std::string>& names) {
  names.insert(matchers.agents.begin(), matchers.agents.end());
  for (const auto* tables : {&matchers.any, &matchers.all, &matchers.negated}) {
    for (const Matchers& table : *tables) FindAgents(table, names);
  }
}

// Those that the rules name; what is known of others changes nothing.
std::vector<Agent> UsedAgents(const PolicySource& source) {
  std::set<std::string> names;
  for (const Rule& rule : source.rules) FindAgents(rule, names);
  std::vector<Agent> used;
  for (const std::string& name : names) {
    const auto at = std::find_if(source.agents.begin(), source.agents.end(),
                                 [&name](const Agent& agent) { return agent.name == name; });
    if (at != source.agents.end()) {
      used.push_back(*at);
    } else if (const Agent* built_in = FindBuiltInAgent(name)) {
      used.push_back(*built_in);
    }
  }
  return used;
}

}  // namespace

std::string CanonicalFormOf(const std::vector<Matchers>& tables) {
  CanonicalForm form;
  AddSet(tables, form);
  return form.bytes();
}

std::string DigestOf(const PolicySource& source) {
  CanonicalForm form;
  form.Add(std::string_view("stile-policy-v3"));
  form.Add(std::uint64_t{source.levels.size()});
  for (const Level& level : source.levels) Add(level, form);
  AddSet(UsedAgents(source), form);
  form.Add(std::uint64_t{source.rules.size()});
  for (const Rule& rule : source.rules) Add(rule, form);
  AddSet(source.thresholds, form);
  form.Add(source.default_action);
  form.Add(std::uint64_t{source.default_rank});
  AddOptional(source.default_cost, form);
  Add(source.budgets, form);
  Add(source.effort, form);
  return HexDigestOf(form.bytes());
}

}  // namespace stile
