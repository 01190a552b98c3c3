#ifndef STILE_VERIFIER_POLICY_MISTAKE_VAST_PART_H_
#define STILE_VERIFIER_POLICY_MISTAKE_VAST_PART_H_

#include <cstdint>
#include <string>
#include <vector>

#include "verifier/policy/cidr.h"

namespace stile {

// More than that is much of the internet: of IPv4 addresses, and of IPv6 networks of /64, as many
// as are in one /16.
inline constexpr std::uint64_t kMostIpv4 = std::uint64_t{1} << 26;
inline constexpr std::uint64_t kMostIpv6 = std::uint64_t{1} << 48;

// Returns what in `ranges` is much of the internet: "8.0.0.0/7", a range of /0 to /7 of IPv4 or of
// /0 to /15 of IPv6; else, where all of them together cover more than the above, "more than
// 67108864 IPv4 addresses" or "more of IPv6 than one /16"; else nothing. Where ranges overlap, each
// address counts once; what is smaller than a /64 counts as the whole of it.
[[nodiscard]] std::string VastPart(const std::vector<Cidr>& ranges);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MISTAKE_VAST_PART_H_
