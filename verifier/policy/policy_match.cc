#include <bit>

#include "verifier/policy/compiled_policy.h"
#include "verifier/policy/policy.h"

namespace stile {
namespace {

constexpr std::uint16_t kNoRule = 65535;

void Decide(const Outcome& outcome, PolicyMatch& match) noexcept {
  match.action = outcome.action;
  match.rank = outcome.rank;
  match.level_rank = outcome.level_rank;
  match.on_fault = outcome.on_fault;
  match.cost = outcome.cost;
  match.static_is_free = outcome.static_is_free;
  match.own_budget = outcome.own_budget;
}

bool IsExemptPath(const Request& request, RequestFacts& facts) noexcept {
  const std::string_view method = request.method;
  if (method != "GET" && method != "HEAD" && method != "OPTIONS") return false;
  const std::string_view sent = facts.path().sent;
  if (sent == "/robots.txt" || sent == "/favicon.ico") return true;
  return sent.starts_with("/.well-known/") && facts.path().normal;
}

}  // namespace

Exemption ExemptionOf(const Request& request, RequestFacts& facts) noexcept {
  if (request.method == "OPTIONS" && !request.origin.empty() &&
      !request.access_control_request_method.empty()) {
    return Exemption::kPreflight;
  }
  return IsExemptPath(request, facts) ? Exemption::kWellKnownPath : Exemption::kNone;
}

std::size_t Policy::Compiled::NextCandidate(const Candidates& candidates,
                                            std::size_t entry) const noexcept {
  std::size_t word = entry / 64;
  if (word < always.size()) {
    const std::uint64_t rest =
        (candidates.Word(word) | always[word]) & (~std::uint64_t{0} << (entry % 64));
    if (rest != 0) return word * 64 + static_cast<std::size_t>(std::countr_zero(rest));
    ++word;
  }
  for (std::size_t block = word / 64; block < always_summary.size(); ++block) {
    std::uint64_t words = candidates.Summary(block) | always_summary[block];
    if (block == word / 64) words &= ~std::uint64_t{0} << (word % 64);
    if (words == 0) continue;
    word = block * 64 + static_cast<std::size_t>(std::countr_zero(words));
    return word * 64 +
           static_cast<std::size_t>(std::countr_zero(candidates.Word(word) | always[word]));
  }
  return entries.size();
}

std::uint16_t Policy::Compiled::AgentToAsk(const Request& request, const ClientFacts& client,
                                           const LeafIndex::Leaves& leaves,
                                           std::size_t last) const noexcept {
  if (client.names == nullptr || !request.address) return kNoRule;
  for (const CompiledAgent& agent : conditions.agents) {
    if (agent.first_rule > last) break;
    if (agent.has_names && leaves.Has(agent.claim) && !leaves.Has(agent.lists) &&
        !client.names->IsRecorded(*request.address, agent.key, client.now)) {
      return agent.index;
    }
  }
  return kNoRule;
}

PolicyMatch Policy::Match(const Request& request, const ClientFacts& client,
                          const RuleSwitches* switches) const noexcept {
  PolicyMatch match;
  const Compiled& compiled = *compiled_;
  RequestFacts facts(request, compiled.methods);
  // Nothing that can't be read to its end gets past, whatever the rules say, nor what can be read
  // in so many ways that no rule can know what the origin makes of it.
  if (facts.path().sent.size() > kMaxPath || facts.path().tangled) return match;
  LeafIndex::Leaves leaves(compiled.index.size());
  Compiled::Candidates candidates(compiled.entries.size());
  compiled.index.Find(facts, [&](std::uint32_t leaf) {
    if (!leaves.Add(leaf)) return;
    for (const std::uint32_t entry : compiled.anchored[leaf]) candidates.Add(entry);
  });
  const ConditionCheck check(compiled.conditions, leaves, facts, client);
  const bool exempt = ExemptionOf(request, facts) != Exemption::kNone;

  const bool switched = switches != nullptr && switches->any();
  const std::size_t end = compiled.entries.size();
  std::size_t i = compiled.NextCandidate(candidates, 0);
  for (; i < end; i = compiled.NextCandidate(candidates, i + 1)) {
    const Compiled::Entry& entry = compiled.entries[i];
    const RuleSwitch turned = switched ? switches->Of(entry.index) : RuleSwitch::kConfigured;
    if (turned == RuleSwitch::kOpen) {
      if (match.killed_rule == kNoRule) match.killed_rule = entry.index;
      continue;
    }
    const bool in_shadow =
        turned == RuleSwitch::kConfigured ? entry.shadow : turned == RuleSwitch::kShadow;
    if (exempt && !in_shadow && entry.outcome.action == Action::kChallenge) continue;
    const Truth truth = check.Of(entry.condition);
    if (truth != Truth::kYes && !(truth == Truth::kGaveUp && entry.refuses)) continue;
    if (in_shadow) {
      if (match.shadow_rule == kNoRule) match.shadow_rule = entry.index;
    } else if (entry.weight != 0) {
      match.weight += entry.weight;
    } else {
      Decide(entry.outcome, match);
      match.rule = entry.index;
      match.attack = turned == RuleSwitch::kAttack && match.action == Action::kChallenge;
      break;
    }
  }
  match.agent_to_ask = compiled.AgentToAsk(request, client, leaves, i);
  if (i < end) return match;

  for (const Compiled::ThresholdEntry& threshold : compiled.thresholds) {
    if (match.weight < threshold.at) continue;
    if (exempt && threshold.outcome.action == Action::kChallenge) break;
    Decide(threshold.outcome, match);
    match.threshold = threshold.index;
    return match;
  }
  if (exempt) {
    match.action = Action::kAllow;
    match.exempt = true;
  } else {
    Decide(compiled.fallback, match);
  }
  return match;
}

std::size_t Policy::StepsOf(const Request& request) const noexcept {
  const Compiled& compiled = *compiled_;
  RequestFacts facts(request, compiled.methods);
  if (facts.path().sent.size() > kMaxPath || facts.path().tangled) return 0;
  LeafIndex::Leaves leaves(compiled.index.size());
  Compiled::Candidates candidates(compiled.entries.size());
  compiled.index.Find(facts, [&](std::uint32_t leaf) {
    if (!leaves.Add(leaf)) return;
    for (const std::uint32_t entry : compiled.anchored[leaf]) candidates.Add(entry);
  });
  const auto is_regex = [](const ConditionNode& node) {
    return node.kind == ConditionNode::Kind::kUserAgentRegex ||
           node.kind == ConditionNode::Kind::kPathRegex ||
           node.kind == ConditionNode::Kind::kHeader || node.kind == ConditionNode::Kind::kQuery;
  };
  std::size_t steps = 0;
  for (std::size_t i = compiled.NextCandidate(candidates, 0); i < compiled.entries.size();
       i = compiled.NextCandidate(candidates, i + 1)) {
    const std::uint32_t first = compiled.entries[i].condition;
    for (std::uint32_t at = first; at < compiled.conditions.nodes[first].end; ++at) {
      steps += is_regex(compiled.conditions.nodes[at]) ? kRegexSteps : 1;
    }
  }
  return steps;
}

}  // namespace stile
