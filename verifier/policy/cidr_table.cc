#include "verifier/policy/cidr_table.h"

#include <algorithm>
#include <cstddef>

namespace stile {
namespace {

using V6 = std::pair<std::uint64_t, std::uint64_t>;

std::uint64_t Word(const IpAddress::Bytes16& bytes, std::size_t begin, std::size_t size) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = begin; i < begin + size; ++i) word = word << 8 | bytes[i];
  return word;
}

std::uint32_t NumberV4(const IpAddress& address) noexcept {
  return static_cast<std::uint32_t>(Word(address.bytes(), 0, 4));
}

V6 NumberV6(const IpAddress& address) noexcept {
  return {Word(address.bytes(), 0, 8), Word(address.bytes(), 8, 8)};
}

// Ones in the last `bits` of a word; `bits` may be more than it has, or negative.
std::uint64_t LastBits(int bits) noexcept {
  if (bits <= 0) return 0;
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

// Sorts ranges, joins those that overlap, and takes firsts and lasts apart.
template <typename Number>
void Store(std::vector<std::pair<Number, Number>> ranges, std::vector<Number>& firsts,
           std::vector<Number>& lasts) {
  std::sort(ranges.begin(), ranges.end());
  for (const auto& [first, last] : ranges) {
    if (!lasts.empty() && first <= lasts.back()) {
      lasts.back() = std::max(lasts.back(), last);
    } else {
      firsts.push_back(first);
      lasts.push_back(last);
    }
  }
  firsts.shrink_to_fit();
  lasts.shrink_to_fit();
}

template <typename Number>
bool Find(const std::vector<Number>& firsts, const std::vector<Number>& lasts,
          const Number& number) noexcept {
  const auto after = std::upper_bound(firsts.begin(), firsts.end(), number);
  if (after == firsts.begin()) return false;
  return number <= lasts[static_cast<std::size_t>(after - firsts.begin()) - 1];
}

}  // namespace

CidrTable::CidrTable(const std::vector<Cidr>& ranges) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> v4;
  std::vector<std::pair<V6, V6>> v6;
  for (const Cidr& range : ranges) {
    if (range.address.is_v6()) {
      const int rest = 128 - std::clamp(range.length, 0, 128);
      const V6 mask = {LastBits(rest - 64), LastBits(rest)};
      const V6 number = NumberV6(range.address);
      v6.push_back({{number.first & ~mask.first, number.second & ~mask.second},
                    {number.first | mask.first, number.second | mask.second}});
    } else {
      const auto mask = static_cast<std::uint32_t>(LastBits(32 - std::clamp(range.length, 0, 32)));
      const std::uint32_t number = NumberV4(range.address);
      v4.push_back({number & ~mask, number | mask});
    }
  }
  Store(std::move(v4), v4_first_, v4_last_);
  Store(std::move(v6), v6_first_, v6_last_);
}

bool CidrTable::Contains(const IpAddress& address) const noexcept {
  return address.is_v6() ? Find(v6_first_, v6_last_, NumberV6(address))
                         : Find(v4_first_, v4_last_, NumberV4(address));
}

}  // namespace stile
