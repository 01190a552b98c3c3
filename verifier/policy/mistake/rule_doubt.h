#ifndef STILE_VERIFIER_POLICY_MISTAKE_RULE_DOUBT_H_
#define STILE_VERIFIER_POLICY_MISTAKE_RULE_DOUBT_H_

#include <string>
#include <vector>

#include "verifier/policy/policy.h"

namespace stile {

// Returns why a rule by itself can never match, to be read after a colon; empty if it may. The
// levels of `source` are completed.
[[nodiscard]] std::string WhyNever(const Rule& rule, const PolicySource& source);

// True if a client can make the rule match with what it sends as it likes: its user agent, a header
// field or the query, and the rule asks for that and for no proof of who the client is. A matcher
// that "unknown" satisfies is no proof.
[[nodiscard]] bool RestsOnWhatAnyoneSends(const Rule& rule);

// Returns, one a list, what of the ranges that a rule looks for is much of the internet: VastPart.
[[nodiscard]] std::vector<std::string> VastRanges(const Rule& rule, const PolicySource& source);

// Returns the agents that a rule names, its own and built-in ones.
[[nodiscard]] std::vector<const Agent*> AgentsOf(const Rule& rule, const PolicySource& source);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MISTAKE_RULE_DOUBT_H_
