#ifndef STILE_VERIFIER_POLICY_RANGE_LIST_H_
#define STILE_VERIFIER_POLICY_RANGE_LIST_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "verifier/policy/cidr.h"

namespace stile {

// A file of address ranges: what `ip_list` names, or where a crawler says it comes from.
struct RangeList {
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMaxRanges = 2'000'000;

  std::string name;                   // The file's, as it was named.
  std::vector<Cidr> ranges;           // As written: in any order, possibly overlapping.
  std::optional<UnixMillis> created;  // When its publisher made it, if it says so.
  std::string digest;                 // SHA-256 over the sorted, distinct ranges, as 64 hex digits.
};

// Reads a list of ranges in any of these shapes, told apart by the first byte that is no space:
//   text              a range or an address a line; '#' begins a comment; "# created: <RFC 3339>"
//   {"prefixes":[..]} of crawlers (JAFAR and before): {"ipv4Prefix":..} or {"ipv6Prefix":..} each,
//                     and "creationTime", with or without zone and fraction; unknown keys ignored;
//                     a "formatVersion" above 1 is refused
//   {"prefixes":[..], "ipv6_prefixes":[..]} of AWS: {"ip_prefix":..}, {"ipv6_prefix":..}
//   {"ips":[..]}      of Ahrefs: {"ip_address":..}
//   ["192.0.2.0/24", ..]
// Returns every mistake as name:line:column, up to 100 of them: text over kMaxBytes or more than
// kMaxRanges ranges (kOutOfRange, before they are kept), what is no range, bits set after a prefix,
// an empty list. Linear in the text; a list of 1,000,000 ranges takes well under a second.
[[nodiscard]] tl::expected<RangeList, Errors> ParseRangeList(std::string_view text,
                                                             std::string_view name);

// Hands a policy file the lists that it names: reads `file`, which is relative to the policy, or
// returns what is wrong with it. Called once for each distinct name.
using RangeListSource =
    std::function<tl::expected<std::shared_ptr<const RangeList>, Errors>(const std::string& file)>;

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_RANGE_LIST_H_
