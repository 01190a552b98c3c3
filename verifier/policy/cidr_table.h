#ifndef STILE_VERIFIER_POLICY_CIDR_TABLE_H_
#define STILE_VERIFIER_POLICY_CIDR_TABLE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "challenge/ip_address.h"
#include "verifier/policy/policy.h"

namespace stile {

// A set of address ranges, merged and sorted. Finds an address among n ranges with one binary
// search. 8 bytes per IPv4 range, 32 per IPv6 range. Immutable.
class CidrTable {
 public:
  CidrTable() = default;
  // A length outside its family is cut to it.
  explicit CidrTable(const std::vector<Cidr>& ranges);

  [[nodiscard]] bool Contains(const IpAddress& address) const noexcept;

 private:
  using V6 = std::pair<std::uint64_t, std::uint64_t>;  // Compares like the address.

  std::vector<std::uint32_t> v4_first_;  // Apart from the ends: a search reads only these.
  std::vector<std::uint32_t> v4_last_;
  std::vector<V6> v6_first_;
  std::vector<V6> v6_last_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_CIDR_TABLE_H_
