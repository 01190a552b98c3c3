#include "verifier/policy/index/rule_compiler.h"

#include <algorithm>
#include <utility>

#include "challenge/sha256.h"
#include "verifier/policy/index/reading.h"

namespace stile {
namespace {

// How many requests a leaf holds for, roughly.
constexpr std::uint32_t kRare = 1;     // An exact path, a text in the user agent, a fingerprint.
constexpr std::uint32_t kSeldom = 4;   // Ranges, a path's beginning, a number of a network.
constexpr std::uint32_t kOften = 16;   // A country.
constexpr std::uint32_t kMostly = 64;  // A host: a gate is mostly asked about its own.

std::uint32_t CostOfPaths(const std::vector<std::string>& paths) {
  std::uint32_t cost = 0;
  for (const std::string& path : paths) {
    const std::size_t wildcard = path.find_first_of("*?");
    if (wildcard == std::string::npos) {
      cost += kRare;
    } else {
      cost += wildcard <= 1 ? kMostly : kSeldom;
    }
  }
  return cost;
}

}  // namespace

std::uint64_t KeyOfNames(const std::vector<std::string>& names) {
  if (names.empty()) return 0;
  std::string text;
  for (const std::string& name : names) text += std::to_string(name.size()) + ":" + name;
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  std::uint64_t key = 0;
  const Sha256Digest digest = Sha256(bytes);
  for (std::size_t i = 0; i < 8; ++i) key = key << 8 | digest[i];
  return key == 0 ? 1 : key;
}

RuleCompiler::RuleCompiler(const PolicySource& source, const std::vector<std::string>& methods)
    : source_(source), methods_(methods) {}

CompiledCondition RuleCompiler::Compile(const Rule& rule, std::size_t entry) {
  place_ = rule.name;
  entry_ = entry;
  const bool lets_pass = ReadingOf(rule.action, rule.weight) == Reading::kStrict;
  Draft draft = Table(rule, ReadingOf(rule.action, rule.weight), false);
  CompiledCondition compiled;
  compiled.can_give_up = CanGiveUp(draft);
  // What refuses matches where it gives up, and giving up wins over unknown. So an anchor that
  // leaves a rule unknown may hide it only if nothing in the rule gives up.
  if (auto anchor = AnchorOf(draft, compiled.can_give_up && !lets_pass)) {
    std::sort(anchor->leaves.begin(), anchor->leaves.end());
    anchor->leaves.erase(std::unique(anchor->leaves.begin(), anchor->leaves.end()),
                         anchor->leaves.end());
    compiled.anchor = std::move(anchor->leaves);
  }
  compiled.node = static_cast<std::uint32_t>(conditions_.nodes.size());
  LayOut(std::move(draft));
  return compiled;
}

// A negated table is any of its matchers, negated.
RuleCompiler::Draft RuleCompiler::Table(const Matchers& matchers, Reading reading, bool negated) {
  const Kind every = negated ? Kind::kAny : Kind::kAll;
  const Kind some = negated ? Kind::kAll : Kind::kAny;
  Draft table;
  table.node.kind = every;
  AddLeaves(matchers, reading, table, negated);
  AddRegexes(matchers, reading, table, negated);
  AddFields(matchers.headers, Kind::kHeader, reading, table, negated);
  AddFields(matchers.queries, Kind::kQuery, reading, table, negated);
  if (!matchers.any.empty()) {
    Draft any;
    any.node.kind = some;
    for (const Matchers& one : matchers.any) any.below.push_back(Table(one, reading, negated));
    table.below.push_back(std::move(any));
  }
  for (const Matchers& one : matchers.all) table.below.push_back(Table(one, reading, negated));
  for (const Matchers& one : matchers.negated) {
    table.below.push_back(Table(one, Opposite(reading), !negated));
  }
  if (table.below.size() != 1) return table;
  Draft only = std::move(table.below.front());
  return only;
}

void RuleCompiler::AddLeaves(const Matchers& matchers, Reading reading, Draft& table,
                             bool negated) {
  const auto add = [&](Kind kind, std::uint32_t data) {
    table.below.push_back({{kind, negated, reading, data, 0}, {}});
  };
  const auto weight = [](std::size_t count, std::uint32_t each) {
    return static_cast<std::uint32_t>(std::min<std::size_t>(count, 1000)) * each;
  };
  if (matchers.rank_held) add(Kind::kRank, *matchers.rank_held);
  if (!matchers.methods.empty()) {
    std::uint64_t bits = 0;
    for (const std::string& method : matchers.methods) {
      const auto at = std::find(methods_.begin(), methods_.end(), method);
      if (at != methods_.end()) bits |= std::uint64_t{1} << (at - methods_.begin());
    }
    add(Kind::kMethod, static_cast<std::uint32_t>(conditions_.methods.size()));
    conditions_.methods.push_back(bits);
  }
  const auto leaf = [&](Kind kind, std::uint32_t number, std::uint32_t cost) {
    add(kind, Remember(number, cost));
  };
  if (!matchers.paths.empty()) {
    leaf(Kind::kLeaf, leaves_.AddPaths(matchers.paths, reading), CostOfPaths(matchers.paths));
  }
  if (!matchers.user_agents.empty()) {
    leaf(Kind::kLeaf, leaves_.AddUserAgents(matchers.user_agents),
         weight(matchers.user_agents.size(), kRare));
  }
  if (!matchers.hosts.empty()) {
    leaf(Kind::kLeaf, leaves_.AddHosts(matchers.hosts), weight(matchers.hosts.size(), kMostly));
  }
  if (!matchers.ips.empty() || !matchers.ip_lists.empty()) {
    leaf(Kind::kAddressLeaf, leaves_.AddRanges(matchers.ips, matchers.ip_lists), kSeldom);
  }
  if (!matchers.countries.empty()) {
    leaf(Kind::kCountryLeaf, leaves_.AddCountries(matchers.countries),
         weight(matchers.countries.size(), kOften));
  }
  if (!matchers.asns.empty()) {
    leaf(Kind::kAsnLeaf, leaves_.AddAsns(matchers.asns), weight(matchers.asns.size(), kSeldom));
  }
  if (!matchers.tls_fingerprints.empty()) {
    leaf(Kind::kTlsLeaf, leaves_.AddFingerprints(matchers.tls_fingerprints), kRare);
  }
  if (!matchers.agents.empty()) add(Kind::kAgents, AgentSet(matchers.agents));
  if (matchers.rate) add(Kind::kRate, *matchers.rate);
  if (matchers.overload) add(Kind::kOverload, *matchers.overload);
}

RegexSet RuleCompiler::Regexes(const std::vector<std::string>& expressions) {
  auto set = RegexSet::Create(expressions);
  if (set) return *std::move(set);
  errors_.push_back({set.error().code, place_, set.error().message});
  return {};
}

void RuleCompiler::AddRegexes(const Matchers& matchers, Reading reading, Draft& table,
                              bool negated) {
  const auto add = [&](Kind kind, RegexSet set, std::uint32_t atom) {
    table.below.push_back(
        {{kind, negated, reading, static_cast<std::uint32_t>(conditions_.regexes.size()), 0}, {}});
    Remember(atom, kRare * static_cast<std::uint32_t>(set.atoms().size()));
    conditions_.regexes.push_back({atom, std::move(set)});
  };
  if (!matchers.path_regexes.empty()) {
    RegexSet set = Regexes(matchers.path_regexes);
    const std::uint32_t atom = leaves_.AddPathAtoms(set.atoms());
    add(Kind::kPathRegex, std::move(set), atom);
  }
  if (!matchers.user_agent_regexes.empty()) {
    RegexSet set = Regexes(matchers.user_agent_regexes);
    const std::uint32_t atom = leaves_.AddUserAgentAtoms(set.atoms());
    add(Kind::kUserAgentRegex, std::move(set), atom);
  }
}

void RuleCompiler::AddFields(const std::vector<FieldTest>& tests, Kind kind, Reading reading,
                             Draft& table, bool negated) {
  if (tests.empty()) return;
  std::vector<FieldMatch> fields;
  for (const FieldTest& test : tests) {
    RegexSet set;
    if (test.question == FieldQuestion::kRegex) set = Regexes(test.values);
    fields.emplace_back(test, std::move(set));
  }
  table.below.push_back(
      {{kind, negated, reading, static_cast<std::uint32_t>(conditions_.fields.size()), 0}, {}});
  conditions_.fields.push_back(std::move(fields));
}

std::uint32_t RuleCompiler::AgentSet(const std::vector<std::string>& names) {
  std::vector<std::uint32_t> set;
  for (const std::string& name : names) set.push_back(Agent(name));
  conditions_.agent_sets.push_back(std::move(set));
  return static_cast<std::uint32_t>(conditions_.agent_sets.size() - 1);
}

std::uint32_t RuleCompiler::Agent(std::string_view name) {
  const auto number = static_cast<std::uint32_t>(conditions_.agents.size());
  const auto [at, is_new] = agents_.try_emplace(std::string(name), number);
  if (!is_new) return at->second;
  CompiledAgent agent;
  agent.first_rule = entry_;
  const auto defined = std::find_if(source_.agents.begin(), source_.agents.end(),
                                    [name](const stile::Agent& a) { return a.name == name; });
  if (defined != source_.agents.end()) {
    agent.claim = Remember(leaves_.AddUserAgents(defined->user_agents), kRare);
    agent.lists = Remember(leaves_.AddRanges({}, defined->lists), kSeldom);
    agent.has_names = !defined->reverse_names.empty();
    agent.key = KeyOfNames(defined->reverse_names);
    agent.index = static_cast<std::uint16_t>(defined - source_.agents.begin());
  }
  conditions_.agents.push_back(agent);
  return number;
}

std::uint32_t RuleCompiler::Remember(std::uint32_t leaf, std::uint32_t cost) {
  if (leaf_costs_.size() <= leaf) leaf_costs_.resize(std::size_t{leaf} + 1);
  leaf_costs_[leaf] = std::max(cost, kRare);
  return leaf;
}

bool RuleCompiler::CanGiveUp(const Draft& draft) const {
  switch (draft.node.kind) {
    case Kind::kUserAgentRegex:
    case Kind::kPathRegex:
      return true;
    case Kind::kHeader:
    case Kind::kQuery: {
      const auto& fields = conditions_.fields[draft.node.data];
      return std::any_of(fields.begin(), fields.end(),
                         [](const FieldMatch& field) { return field.CanGiveUp(); });
    }
    default:
      return std::any_of(draft.below.begin(), draft.below.end(),
                         [this](const Draft& below) { return CanGiveUp(below); });
  }
}

std::optional<RuleCompiler::Anchor> RuleCompiler::AnchorOf(const Draft& draft, bool strong) const {
  if (draft.node.kind == Kind::kAll) {
    std::optional<Anchor> best;
    for (const Draft& below : draft.below) {
      auto anchor = AnchorOf(below, strong);
      if (anchor && (!best || anchor->cost < best->cost)) best = std::move(anchor);
    }
    return best;
  }
  if (draft.node.kind == Kind::kAny) {
    Anchor all;
    for (const Draft& below : draft.below) {
      auto anchor = AnchorOf(below, strong);
      if (!anchor) return std::nullopt;
      all.leaves.insert(all.leaves.end(), anchor->leaves.begin(), anchor->leaves.end());
      all.cost += anchor->cost;
    }
    return all;
  }
  if (draft.node.negated) return std::nullopt;
  return AnchorOfLeaf(draft.node, strong);
}

std::optional<RuleCompiler::Anchor> RuleCompiler::AnchorOfLeaf(const ConditionNode& node,
                                                               bool strong) const {
  const auto anchor = [this](std::uint32_t leaf) { return Anchor{{leaf}, leaf_costs_[leaf]}; };
  switch (node.kind) {
    case Kind::kLeaf:
      return anchor(node.data);
    case Kind::kAddressLeaf:
    case Kind::kCountryLeaf:
    case Kind::kAsnLeaf:
    case Kind::kTlsLeaf:
      if (strong) return std::nullopt;
      return anchor(node.data);
    case Kind::kUserAgentRegex:
    case Kind::kPathRegex:
      return anchor(conditions_.regexes[node.data].atom);
    case Kind::kAgents: {  // Who claims nothing is no agent.
      Anchor all;
      for (const std::uint32_t agent : conditions_.agent_sets[node.data]) {
        all.leaves.push_back(conditions_.agents[agent].claim);
        all.cost += kRare;
      }
      return all;
    }
    default:
      return std::nullopt;
  }
}

// Cheap before dear, so that a `no` comes early.
std::uint32_t RuleCompiler::CostOf(const ConditionNode& node) const {
  switch (node.kind) {
    case Kind::kAll:
    case Kind::kAny:
      return 10;
    case Kind::kAgents:
      return 11;
    case Kind::kHeader:
      return 12;
    case Kind::kQuery:
      return 13;
    case Kind::kUserAgentRegex:
    case Kind::kPathRegex:
      return 14;
    default:
      return 1;
  }
}

void RuleCompiler::LayOut(Draft draft) {
  std::stable_sort(draft.below.begin(), draft.below.end(), [this](const Draft& a, const Draft& b) {
    return CostOf(a.node) < CostOf(b.node);
  });
  const std::size_t at = conditions_.nodes.size();
  conditions_.nodes.push_back(draft.node);
  for (Draft& below : draft.below) LayOut(std::move(below));
  conditions_.nodes[at].end = static_cast<std::uint32_t>(conditions_.nodes.size());
}

}  // namespace stile
