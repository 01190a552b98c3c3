#include "verifier/policy/mistake/vast_part.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace stile {
namespace {

constexpr int kVastV4 = 7;
constexpr int kVastV6 = 15;

bool IsVast(const Cidr& range) {
  return range.length <= (range.address.is_v6() ? kVastV6 : kVastV4);
}

// A range by the first 64 bits of its address. An IPv4 address is the upper half of those.
struct Block {
  std::uint64_t begin;
  int length;  // From 1 to 64.

  [[nodiscard]] bool Holds(const Block& other) const {
    return length <= other.length && ((begin ^ other.begin) >> (64 - length)) == 0;
  }
};

// Those of one family, each before what it holds.
std::vector<Block> BlocksOf(const std::vector<Cidr>& ranges, bool v6) {
  std::vector<Block> blocks;
  for (const Cidr& range : ranges) {
    if (range.address.is_v6() != v6) continue;
    std::uint64_t begin = 0;
    for (std::size_t i = 0; i < 8; ++i) begin = begin << 8 | range.address.bytes()[i];
    blocks.push_back({begin, std::min(range.length, 64)});
  }
  std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return std::tie(a.begin, a.length) < std::tie(b.begin, b.length);
  });
  return blocks;
}

// None of `ranges` is vast by itself. A unit is what has `unit` bits.
bool CoverMore(const std::vector<Cidr>& ranges, bool v6, int unit, std::uint64_t most) {
  std::uint64_t covered = 0;
  const Block* last = nullptr;
  const std::vector<Block> blocks = BlocksOf(ranges, v6);
  for (const Block& block : blocks) {
    if (last != nullptr && last->Holds(block)) continue;
    last = &block;
    covered += std::uint64_t{1} << (unit - block.length);
    if (covered > most) return true;
  }
  return false;
}

}  // namespace

std::string VastPart(const std::vector<Cidr>& ranges) {
  const auto vast = std::find_if(ranges.begin(), ranges.end(), IsVast);
  if (vast != ranges.end()) {
    return vast->address.ToString() + "/" + std::to_string(vast->length);
  }
  if (CoverMore(ranges, false, 32, kMostIpv4)) {
    return "more than " + std::to_string(kMostIpv4) + " IPv4 addresses";
  }
  if (CoverMore(ranges, true, 64, kMostIpv6)) return "more of IPv6 than one /16";
  return {};
}

}  // namespace stile
