#ifndef STILE_TESTS_VERIFIER_POLICY_NAIVE_POLICY_H_
#define STILE_TESTS_VERIFIER_POLICY_NAIVE_POLICY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "verifier/policy/policy.h"

namespace re2 {
class RE2;
}

namespace stile {

// What a policy says of a request, found out from its source with plain loops, as docs/policy.md
// has it. Shares nothing with the compiled policy but the reading of a path and RE2.
class NaivePolicy {
 public:
  // `source` is what a Policy was compiled from, completed. `agent_keys` are Policy::AgentKey's,
  // under which the table of reverse names keeps its answers.
  NaivePolicy(PolicySource source, std::vector<std::uint64_t> agent_keys);
  ~NaivePolicy();

  [[nodiscard]] PolicyMatch Match(const Request& request, const ClientFacts& facts) const;

  // How often each thing came up, so that a test can tell that it tried what it meant to.
  [[nodiscard]] const std::map<std::string, long>& seen() const { return seen_; }

 private:
  enum class Value { kNo, kUnknown, kGaveUp, kYes };
  struct Question;  // One request and its facts.

  Value OfTable(const Matchers& table, bool strict, const Question& q) const;
  std::vector<Value> OfMatchers(const Matchers& table, bool strict, const Question& q) const;
  Value OfPath(const Matchers& table, bool strict, const Question& q) const;
  Value OfPathRegex(const Matchers& table, bool strict, const Question& q) const;
  Value OfRanges(const Matchers& table, const Question& q) const;
  Value OfAgent(const std::string& name, const Question& q) const;
  Value OfHeader(const FieldTest& test, bool strict, const Question& q) const;
  Value OfQuery(const FieldTest& test, bool strict, const Question& q) const;
  Value OfText(const FieldTest& test, const std::string& text) const;
  Value OfRegex(const std::string& expression, const std::string& text) const;
  Value See(const char* what, bool strict, Value value) const;
  std::uint16_t AgentToAsk(std::size_t last, const Question& q) const;

  PolicySource source_;
  std::vector<std::uint64_t> agent_keys_;
  mutable std::map<std::string, std::unique_ptr<re2::RE2>> regexes_;
  mutable std::map<std::string, long> seen_;
};

}  // namespace stile

#endif  // STILE_TESTS_VERIFIER_POLICY_NAIVE_POLICY_H_
