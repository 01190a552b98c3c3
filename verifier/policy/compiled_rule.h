#ifndef STILE_VERIFIER_POLICY_COMPILED_RULE_H_
#define STILE_VERIFIER_POLICY_COMPILED_RULE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "verifier/policy/cidr_table.h"
#include "verifier/policy/host_set.h"
#include "verifier/policy/path_set.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/request_facts.h"
#include "verifier/policy/user_agent_set.h"

namespace stile {

// A rule in the form that requests are matched against. Immutable.
class CompiledRule {
 public:
  // `rule` has no mistakes; `methods` are those of the whole policy.
  CompiledRule(const Rule& rule, const std::vector<std::string>& methods);

  // True if every matcher that the rule has holds. Asks the cheapest first.
  [[nodiscard]] bool Matches(RequestFacts& facts) const noexcept {
    return MatchesMethod(facts) && MatchesPath(facts) && MatchesHost(facts) && MatchesIp(facts) &&
           MatchesUserAgent(facts);
  }

  // Each is true if the rule has no such matcher.
  [[nodiscard]] bool MatchesMethod(RequestFacts& facts) const noexcept {
    return methods_ == 0 || (methods_ & facts.method()) != 0;
  }
  [[nodiscard]] bool MatchesPath(RequestFacts& facts) const noexcept {
    return !has_path_ || FindPath(facts.path());
  }
  [[nodiscard]] bool MatchesHost(RequestFacts& facts) const noexcept {
    return !has_host_ || hosts_.Matches(facts.host());
  }
  [[nodiscard]] bool MatchesIp(RequestFacts& facts) const noexcept {
    return !has_ip_ || (facts.address() && ips_.Contains(*facts.address()));
  }
  [[nodiscard]] bool MatchesUserAgent(RequestFacts& facts) const noexcept {
    return !has_user_agent_ || user_agents_.Matches(facts.user_agent());
  }

 private:
  [[nodiscard]] bool FindPath(const PathForm& path) const noexcept;

  bool allows_;
  bool has_path_;
  bool has_host_;
  bool has_ip_;
  bool has_user_agent_;
  std::uint64_t methods_ = 0;  // 0: any. Bits as in RequestFacts::method.
  PathSet paths_;
  HostSet hosts_;
  CidrTable ips_;
  UserAgentSet user_agents_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_COMPILED_RULE_H_
