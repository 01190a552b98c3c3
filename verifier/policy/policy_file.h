#ifndef STILE_VERIFIER_POLICY_POLICY_FILE_H_
#define STILE_VERIFIER_POLICY_POLICY_FILE_H_

#include <string_view>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/policy/policy.h"

namespace stile {

// Reads a policy from TOML text (the example in docs/policy.md). `name` is the file's name, for
// the places of errors. Returns every mistake at once with name:line:column and what to change:
// text over 4 MiB (kOutOfRange, before it is parsed), TOML that doesn't parse, unknown keys with
// the nearest known name, wrong types, unknown actions, levels, puzzles, CIDRs with host bits,
// rules without action, a level below its floor (light asks at least 4,000,000 sha256 evaluations;
// wait at least 5 s and lives at most 10 min).
//
// `lists` reads the files that `ip_list` names; without it, naming one is a mistake. What is wrong
// with a list comes back among the errors, at its own place.
[[nodiscard]] tl::expected<PolicySource, Errors> ParsePolicyFile(std::string_view text,
                                                                 std::string_view name,
                                                                 const RangeListSource& lists = {});

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_POLICY_FILE_H_
