#ifndef STILE_VERIFIER_POLICY_SOURCE_DIGEST_H_
#define STILE_VERIFIER_POLICY_SOURCE_DIGEST_H_

#include <string>
#include <vector>

#include "verifier/policy/policy.h"

namespace stile {

// Returns SHA-256 over the canonical form of a policy, as 64 hex digits. The canonical form holds
// every field of the levels, the agents that some rule names, the rules, the thresholds and the
// default in the order of their declarations; numbers are 8 bytes, big-endian, texts and lists
// begin with their length. What has no order is sorted: values of a matcher, tables in `any` and
// `all`, thresholds. A list of ranges is its own digest. `source` has been completed: comments,
// spelling of durations and levels left to their defaults make no difference.
[[nodiscard]] std::string DigestOf(const PolicySource& source);

// Returns the canonical form of tables that stand in one list: the same for the same meaning.
[[nodiscard]] std::string CanonicalFormOf(const std::vector<Matchers>& tables);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_SOURCE_DIGEST_H_
