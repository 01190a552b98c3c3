#ifndef STILE_VERIFIER_POLICY_SOURCE_DIGEST_H_
#define STILE_VERIFIER_POLICY_SOURCE_DIGEST_H_

#include <string>

#include "verifier/policy/policy.h"

namespace stile {

// Returns SHA-256 over the canonical form of a policy, as 64 hex digits. The canonical form holds
// every field of the levels, the rules and the default in the order of their declarations; numbers
// are 8 bytes, big-endian, texts and lists begin with their length. `source` has been completed:
// comments, spelling of durations and levels left to their defaults make no difference.
[[nodiscard]] std::string DigestOf(const PolicySource& source);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_SOURCE_DIGEST_H_
