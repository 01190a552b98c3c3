#include "challenge/puzzle/hashwx_puzzle.h"

#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/part_order.h"
#include "challenge/puzzle/part_target.h"
#include "challenge/token_fields.h"

namespace stile {

HashwxPuzzle::HashwxPuzzle(const Tag& tag, const TokenId& id, std::uint8_t alternative,
                           std::uint64_t effort, std::uint8_t parts) noexcept
    : midstate_{}, target_(PartTarget(effort, parts)), parts_(parts) {
  HashwxPrefixMidstate(tag.bytes.data(), id.data(), alternative, midstate_.data());
}

Sha256Digest HashwxPuzzle::Seed(std::uint32_t part, std::uint64_t index) const noexcept {
  std::array<std::uint8_t, 12> rest;
  StoreU32(rest.data(), part);
  StoreU64(rest.data() + 4, index);
  return Sha256Finish(midstate_, rest, kSha256Block + rest.size());
}

bool HashwxPuzzle::IsSolvedBy(std::uint32_t part, std::uint64_t nonce) const noexcept {
  const Sha256Digest seed = Seed(part, nonce / kNoncesPerFunction);
  HashwxFunction function;
  HashwxFunction::Make(seed.data(), function);
  return function.Hash(nonce) <= target_;
}

HashwxPuzzle::Checked HashwxPuzzle::Check(
    std::span<const std::uint64_t> nonces,
    const std::array<std::uint8_t, 16>& order_secret) const noexcept {
  const std::uint32_t parts = parts_;
  if (parts == 0 || nonces.size() != parts) return {};
  const PartOrder order = PartOrder::Of(order_secret, parts);
  std::uint32_t part = order.start;
  for (std::uint32_t checked = 1; checked <= parts; ++checked) {
    if (!IsSolvedBy(part, nonces[part])) return {false, checked};
    part = order.Next(part, parts);
  }
  return {true, parts};
}

}  // namespace stile
