#include "challenge/puzzle/sha256_puzzle.h"

#include <cstring>
#include <numeric>

#include "challenge/token_fields.h"

namespace stile {
namespace {

constexpr char kName[16] = "stile-sha256-v1";  // With its zero byte.
constexpr std::size_t kTailSize = 12;          // Part and nonce, after the first block.

}  // namespace

Sha256Puzzle::Sha256Puzzle(const Tag& tag, const TokenId& id, std::uint8_t alternative,
                           std::uint64_t effort, std::uint8_t parts) noexcept
    : midstate_(kSha256Initial), target_(Target(effort, parts)), parts_(parts) {
  std::array<std::uint8_t, kSha256Block> prefix{};
  std::memcpy(prefix.data(), kName, sizeof kName);
  std::memcpy(prefix.data() + 16, tag.bytes.data(), Tag::kSize);
  std::memcpy(prefix.data() + 32, id.data(), id.size());
  prefix[48] = alternative;
  Sha256Compress(midstate_, prefix.data(), 1);
}

bool Sha256Puzzle::IsSolvedBy(std::uint32_t part, std::uint64_t nonce) const noexcept {
  std::array<std::uint8_t, kSha256Block> block{};
  StoreU32(block.data(), part);
  StoreU64(block.data() + 4, nonce);
  block[kTailSize] = 0x80;
  StoreU64(block.data() + kSha256Block - 8, (kSha256Block + kTailSize) * 8);
  Sha256State state = midstate_;
  Sha256Compress(state, block.data(), 1);
  return (std::uint64_t{state[0]} << 32 | state[1]) <= target_;
}

bool Sha256Puzzle::AreSolvedBy(std::span<const std::uint64_t> nonces,
                               const std::array<std::uint8_t, 16>& order_secret) const noexcept {
  const std::uint64_t parts = parts_;
  if (parts == 0 || nonces.size() != parts) return false;
  std::uint64_t part = LoadU64(order_secret.data()) % parts;
  // A stride without a common divisor with the number of parts meets each of them once.
  std::uint64_t stride = 1 + LoadU64(order_secret.data() + 8) % parts;
  while (std::gcd(stride, parts) != 1) ++stride;
  for (std::uint64_t i = 0; i < parts; ++i) {
    if (!IsSolvedBy(static_cast<std::uint32_t>(part), nonces[part])) return false;
    part = (part + stride) % parts;
  }
  return true;
}

std::uint64_t Sha256Puzzle::Target(std::uint64_t effort, std::uint8_t parts) noexcept {
  if (effort == 0 || parts == 0) return 0;
  const std::uint64_t part_effort = effort / parts + (effort % parts != 0 ? 1 : 0);
  return ~std::uint64_t{0} / part_effort;
}

}  // namespace stile
