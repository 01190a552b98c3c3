#ifndef STILE_BENCH_POLICY_DATA_H_
#define STILE_BENCH_POLICY_DATA_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "challenge/ip_address.h"
#include "verifier/policy/policy.h"

namespace stile::bench {

// 40 rules as a site in the field has them: 23 texts in the user agent, 17 lists with 2,768 address
// ranges together, 4 rules about paths, and one each of what else can be asked. An ordinary
// browser's request for "/" passes them all down to the last, which challenges everything at light.
[[nodiscard]] PolicySource FieldPolicy();

// The same with 11 regular expressions about the user agent and 4 about the path in place of texts.
[[nodiscard]] PolicySource RegexPolicy();

// `rules` rules of the anchored kinds in turn (user agent, path, ranges, host, fingerprint, country
// with a path), none of which an ordinary browser's request matches but the last, which challenges
// everything at light.
[[nodiscard]] PolicySource PolicyOfSize(std::size_t rules);

// 16 rules with a list each of `ranges` ranges together, three in four of IPv4; no two overlap.
[[nodiscard]] PolicySource PolicyOfRanges(std::size_t ranges);
// An address in range `index` of those, which rule index % 16 has, if index < ranges; else in none.
[[nodiscard]] IpAddress AddressInRange(std::size_t index);

// Compiles, or ends the process with a message.
[[nodiscard]] std::shared_ptr<const Policy> CompileOrExit(PolicySource source);

}  // namespace stile::bench

#endif  // STILE_BENCH_POLICY_DATA_H_
