#ifndef STILE_VERIFIER_POLICY_POLICY_WARNING_H_
#define STILE_VERIFIER_POLICY_POLICY_WARNING_H_

#include <string>
#include <vector>

#include "verifier/policy/file_place.h"
#include "verifier/policy/policy.h"

namespace stile {

// Something in a policy that is allowed, and most likely not meant.
struct PolicyWarning {
  FilePlace place;
  std::string message;  // One sentence that says what happens, and what to change.
};

// Returns, in the order of the file, for a policy that compiles, and not about what the default
// policy does by itself:
//   - levels asked by a rule, a threshold or the default that no visitor without JavaScript can
//     reach: none of their alternatives waits
//   - rules that can never match: one above them without any matcher, or with matchers that cover
//     theirs, decides first; or they ask for what nothing measures, for contradictory values (a
//     rank and its opposite), or for an agent without any way to be verified
//   - rules that allow, or have a negative weight, on nothing but what anyone can send: user agent,
//     a header, the query
//   - lists of crawlers, other than the shipped ones, made more than 90 days before `now`, and
//   lists that cover much of the
//     internet (VastPart) in a rule that allows
[[nodiscard]] std::vector<PolicyWarning> WarningsOf(const PolicySource& source, UnixMillis now);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_POLICY_WARNING_H_
