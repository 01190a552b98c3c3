#ifndef STILE_VERIFIER_POLICY_INDEX_RULE_COMPILER_H_
#define STILE_VERIFIER_POLICY_INDEX_RULE_COMPILER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "challenge/error.h"
#include "verifier/policy/index/condition.h"
#include "verifier/policy/index/leaf_index.h"
#include "verifier/policy/policy.h"

namespace stile {

// Where a rule's condition begins, and what must hold for it to matter.
struct CompiledCondition {
  std::uint32_t node = 0;
  // Leaves: while none of them holds, the condition is no or unknown, which changes nothing.
  // Without a value there are none such, and the condition must always be weighed.
  std::optional<std::vector<std::uint32_t>> anchor;
  bool can_give_up = false;
};

// Turns the matchers of rules into conditions and leaves. The source has no mistakes but such as
// only RE2 finds.
class RuleCompiler {
 public:
  // `source` is complete: it defines every agent that a rule names. Both must outlive the compiler.
  RuleCompiler(const PolicySource& source, const std::vector<std::string>& methods);

  // `entry` is the rule's number among those that aren't off, in ascending order.
  CompiledCondition Compile(const Rule& rule, std::size_t entry);

  // Of expressions; their places are those of the rules.
  [[nodiscard]] Errors& errors() noexcept { return errors_; }
  [[nodiscard]] Conditions& conditions() noexcept { return conditions_; }
  [[nodiscard]] LeafIndex::Builder& leaves() noexcept { return leaves_; }

 private:
  using Kind = ConditionNode::Kind;
  // A node and what is below it, before it is laid out.
  struct Draft {
    ConditionNode node;
    std::vector<Draft> below;
  };
  struct Anchor {
    std::vector<std::uint32_t> leaves;
    std::uint32_t cost = 0;  // Grows with how many requests it lets in.
  };

  [[nodiscard]] Draft Table(const Matchers& matchers, Reading reading, bool negated);
  void AddLeaves(const Matchers& matchers, Reading reading, Draft& table, bool negated);
  void AddRegexes(const Matchers& matchers, Reading reading, Draft& table, bool negated);
  void AddFields(const std::vector<FieldTest>& tests, Kind kind, Reading reading, Draft& table,
                 bool negated);
  [[nodiscard]] RegexSet Regexes(const std::vector<std::string>& expressions);
  [[nodiscard]] std::uint32_t AgentSet(const std::vector<std::string>& names);
  [[nodiscard]] std::uint32_t Agent(std::string_view name);
  [[nodiscard]] bool CanGiveUp(const Draft& draft) const;
  // `strong`: while none of the leaves holds the draft must be no, not just unknown.
  [[nodiscard]] std::optional<Anchor> AnchorOf(const Draft& draft, bool strong) const;
  [[nodiscard]] std::optional<Anchor> AnchorOfLeaf(const ConditionNode& node, bool strong) const;
  void LayOut(Draft draft);
  [[nodiscard]] std::uint32_t CostOf(const ConditionNode& node) const;
  std::uint32_t Remember(std::uint32_t leaf, std::uint32_t cost);

  const PolicySource& source_;
  const std::vector<std::string>& methods_;
  LeafIndex::Builder leaves_;
  Conditions conditions_;
  Errors errors_;
  std::string place_;  // Of the rule being compiled,
  std::size_t entry_ = 0;
  std::vector<std::uint32_t> leaf_costs_;  // As in Anchor.
  std::unordered_map<std::string, std::uint32_t> agents_;
};

// What ReverseNames keeps the answers for these names under: 64 bits of a SHA-256; 0 for none.
[[nodiscard]] std::uint64_t KeyOfNames(const std::vector<std::string>& names);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_RULE_COMPILER_H_
