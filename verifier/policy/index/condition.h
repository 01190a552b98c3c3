#ifndef STILE_VERIFIER_POLICY_INDEX_CONDITION_H_
#define STILE_VERIFIER_POLICY_INDEX_CONDITION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "verifier/policy/index/field_match.h"
#include "verifier/policy/index/leaf_index.h"
#include "verifier/policy/index/reading.h"
#include "verifier/policy/index/regex_set.h"
#include "verifier/policy/index/request_facts.h"
#include "verifier/policy/index/truth.h"
#include "verifier/policy/policy.h"

namespace stile {

// A condition is a tree of these, in which every `not` has been moved to the leaves. It lies in one
// array: a node, then what is below it.
struct ConditionNode {
  enum class Kind : std::uint8_t {
    kAll,             // Of what is below; yes if nothing is.
    kAny,             // Of what is below; no if nothing is.
    kLeaf,            // `data` is a leaf that holds or doesn't.
    kAddressLeaf,     // The same, and unknown without an address,
    kCountryLeaf,     // country,
    kAsnLeaf,         // number of a network,
    kTlsLeaf,         // or fingerprint.
    kMethod,          // Index of methods.
    kAgents,          // Index of agent_sets.
    kUserAgentRegex,  // Index of regexes.
    kPathRegex,
    kHeader,  // Index of fields.
    kQuery,
    kRank,  // `data` itself.
    kRate,
    kOverload,
  };
  Kind kind = Kind::kAll;
  bool negated = false;
  Reading reading = Reading::kLenient;
  std::uint32_t data = 0;
  std::uint32_t end = 0;  // The node after what is below this one.
};

// An agent that a rule names.
struct CompiledAgent {
  std::uint32_t claim = 0;  // Leaf: the user agent claims to be it.
  std::uint32_t lists = 0;  // Leaf: the address is in its lists.
  bool has_names = false;
  std::uint64_t key = 0;       // As in Policy::AgentKey.
  std::uint16_t index = 0;     // In the source.
  std::size_t first_rule = 0;  // The first entry that names it.
};

// The conditions of all rules of a policy. Immutable once built.
struct Conditions {
  struct Regexes {
    std::uint32_t atom = 0;  // Leaf: the text has a literal that a match needs.
    RegexSet set;
  };

  std::vector<ConditionNode> nodes;
  std::vector<std::uint64_t> methods;  // Bits as in RequestFacts::method.
  std::vector<Regexes> regexes;
  std::vector<std::vector<FieldMatch>> fields;  // Any of each.
  std::vector<CompiledAgent> agents;
  std::vector<std::vector<std::uint32_t>> agent_sets;  // Indexes of agents; any of each.

  [[nodiscard]] std::size_t Bytes() const noexcept;
};

// Weighs conditions for one request.
class ConditionCheck {
 public:
  ConditionCheck(const Conditions& conditions, const LeafIndex::Leaves& leaves, RequestFacts& facts,
                 const ClientFacts& client) noexcept
      : conditions_(conditions), leaves_(leaves), facts_(facts), client_(client) {}

  // Of the condition whose tree begins at `node`.
  [[nodiscard]] Truth Of(std::uint32_t node) const noexcept;

 private:
  [[nodiscard]] Truth OfLeaf(const ConditionNode& node) const noexcept;
  [[nodiscard]] Truth OfAgents(std::uint32_t set) const noexcept;
  [[nodiscard]] Truth OfPathRegex(const ConditionNode& node) const noexcept;
  [[nodiscard]] Truth OfFields(const ConditionNode& node) const noexcept;

  const Conditions& conditions_;
  const LeafIndex::Leaves& leaves_;
  RequestFacts& facts_;
  const ClientFacts& client_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_CONDITION_H_
