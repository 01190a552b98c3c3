#include "verifier/policy/index/condition.h"

namespace stile {

using Kind = ConditionNode::Kind;

Truth ConditionCheck::Of(std::uint32_t index) const noexcept {
  const ConditionNode& node = conditions_.nodes[index];
  if (node.kind == Kind::kAll) {
    Truth truth = Truth::kYes;
    for (std::uint32_t i = index + 1; i < node.end; i = conditions_.nodes[i].end) {
      truth = AllOf(truth, Of(i));
      if (truth == Truth::kNo) break;
    }
    return truth;
  }
  if (node.kind == Kind::kAny) {
    Truth truth = Truth::kNo;
    for (std::uint32_t i = index + 1; i < node.end; i = conditions_.nodes[i].end) {
      truth = AnyOf(truth, Of(i));
      if (truth == Truth::kYes) break;
    }
    return truth;
  }
  const Truth truth = OfLeaf(node);
  return node.negated ? Not(truth) : truth;
}

Truth ConditionCheck::OfLeaf(const ConditionNode& node) const noexcept {
  const Request& request = facts_.request();
  const auto unless_unknown = [this, &node](bool known) {
    if (leaves_.Has(node.data)) return Truth::kYes;
    return known ? Truth::kNo : Truth::kUnknown;
  };
  switch (node.kind) {
    case Kind::kAll:
    case Kind::kAny:
      break;
    case Kind::kLeaf:
      return TruthOf(leaves_.Has(node.data));
    case Kind::kAddressLeaf:
      return unless_unknown(request.address.has_value());
    case Kind::kCountryLeaf:
      return unless_unknown(!request.country.empty());
    case Kind::kAsnLeaf:
      return unless_unknown(request.asn != 0);
    case Kind::kTlsLeaf:
      return unless_unknown(!request.tls_fingerprint.empty());
    case Kind::kMethod:
      return TruthOf((conditions_.methods[node.data] & facts_.method()) != 0);
    case Kind::kAgents:
      return OfAgents(node.data);
    case Kind::kUserAgentRegex: {
      const Conditions::Regexes& regexes = conditions_.regexes[node.data];
      if (!leaves_.Has(regexes.atom)) return Truth::kNo;
      return regexes.set.FindBehindAtom(facts_.user_agent());
    }
    case Kind::kPathRegex:
      return OfPathRegex(node);
    case Kind::kHeader:
    case Kind::kQuery:
      return OfFields(node);
    case Kind::kRank:
      return TruthOf(client_.rank_held >= node.data);
    case Kind::kRate:
      return client_.rate ? TruthOf(*client_.rate >= node.data) : Truth::kUnknown;
    case Kind::kOverload:
      return client_.overload ? TruthOf(*client_.overload >= node.data) : Truth::kUnknown;
  }
  return Truth::kUnknown;
}

Truth ConditionCheck::OfAgents(std::uint32_t set) const noexcept {
  const Request& request = facts_.request();
  Truth truth = Truth::kNo;
  for (const std::uint32_t i : conditions_.agent_sets[set]) {
    const CompiledAgent& agent = conditions_.agents[i];
    if (!leaves_.Has(agent.claim)) continue;
    if (!request.address) return Truth::kUnknown;
    if (leaves_.Has(agent.lists)) return Truth::kYes;
    if (!agent.has_names || client_.names == nullptr) continue;
    const NameVerdict verdict = client_.names->Find(*request.address, agent.key, client_.now);
    if (verdict == NameVerdict::kConfirmed) return Truth::kYes;
    if (verdict == NameVerdict::kUnknown) truth = Truth::kUnknown;
  }
  return truth;
}

Truth ConditionCheck::OfPathRegex(const ConditionNode& node) const noexcept {
  const Conditions::Regexes& regexes = conditions_.regexes[node.data];
  if (!leaves_.Has(regexes.atom)) return Truth::kNo;
  const PathForm& path = facts_.path();
  if (node.reading == Reading::kStrict) {
    return path.normal ? regexes.set.Find(path.sent) : Truth::kNo;
  }
  const Truth sent = regexes.set.Find(path.sent);
  if (sent == Truth::kYes || path.resolved.data() == path.sent.data()) return sent;
  const Truth resolved = AnyOf(sent, regexes.set.Find(path.resolved));
  if (resolved == Truth::kYes || path.whole.data() == path.resolved.data()) return resolved;
  return AnyOf(resolved, regexes.set.Find(path.whole));
}

Truth ConditionCheck::OfFields(const ConditionNode& node) const noexcept {
  Truth truth = Truth::kNo;
  for (const FieldMatch& field : conditions_.fields[node.data]) {
    truth = AnyOf(truth, node.kind == Kind::kHeader
                             ? field.InHeader(facts_.request().fields, node.reading)
                             : field.InQuery(QueryOf(facts_.request().target), node.reading));
    if (truth == Truth::kYes) break;
  }
  return truth;
}

std::size_t Conditions::Bytes() const noexcept {
  std::size_t bytes = nodes.capacity() * sizeof(ConditionNode) + methods.capacity() * 8 +
                      agents.capacity() * sizeof(CompiledAgent);
  for (const Regexes& one : regexes) bytes += sizeof(one) + one.set.Bytes();
  for (const auto& group : fields) {
    for (const FieldMatch& field : group) bytes += field.Bytes();
  }
  for (const auto& set : agent_sets) bytes += sizeof(set) + set.capacity() * 4;
  return bytes;
}

}  // namespace stile
