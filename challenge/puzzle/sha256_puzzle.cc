#include "challenge/puzzle/sha256_puzzle.h"

#include <algorithm>
#include <cstring>

#include "challenge/sha256_lanes.h"
#include "challenge/token_fields.h"

namespace stile {
namespace {

constexpr char kName[16] = "stile-sha256-v1";  // With its zero byte.

// The second block behind part and nonce: the end of the message.
constexpr Sha256Bytes Tail() noexcept {
  constexpr std::size_t kSize = 12;  // Of part and nonce.
  constexpr std::size_t kBits = (kSha256Block + kSize) * 8;
  Sha256Bytes block{};
  block[kSize] = 0x80;
  block[kSha256Block - 2] = static_cast<std::uint8_t>(kBits >> 8);
  block[kSha256Block - 1] = static_cast<std::uint8_t>(kBits & 0xFF);
  return block;
}
constexpr Sha256Bytes kTail = Tail();

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

void Sha256Puzzle::FillBlock(std::uint32_t part, std::uint64_t nonce,
                             std::uint8_t* block) noexcept {
  StoreU32(block, part);
  StoreU64(block + 4, nonce);
}

bool Sha256Puzzle::Solves(const Sha256State& state) const noexcept {
  return (std::uint64_t{state[0]} << 32 | state[1]) <= target_;
}

bool Sha256Puzzle::IsSolvedBy(std::uint32_t part, std::uint64_t nonce) const noexcept {
  Sha256Bytes block = kTail;
  FillBlock(part, nonce, block.data());
  Sha256State state = midstate_;
  Sha256Compress(state, block.data(), 1);
  return Solves(state);
}

Sha256Puzzle::Checked Sha256Puzzle::Check(
    std::span<const std::uint64_t> nonces,
    const std::array<std::uint8_t, 16>& order_secret) const noexcept {
  const std::uint32_t parts = parts_;
  if (parts == 0 || nonces.size() != parts) return {};
  const Order order = Order::Of(order_secret, parts);
  std::uint32_t part = order.start;

  std::array<Sha256State, kMaxSha256Lanes> states;
  std::array<Sha256Bytes, kMaxSha256Lanes> blocks;
  blocks.fill(kTail);
  const auto lanes = static_cast<std::uint32_t>(Sha256LaneCount());
  // Two first, since most of what is wrong is all wrong.
  std::uint32_t group = std::min<std::uint32_t>(lanes, 2);
  for (std::uint32_t left = parts; left != 0;) {
    group = std::min(group, left);
    for (std::uint32_t i = 0; i < group; ++i) {
      states[i] = midstate_;
      FillBlock(part, nonces[part], blocks[i].data());
      part = order.Next(part, parts);
    }
    Sha256CompressEach(std::span(states).first(group), std::span(blocks).first(group));
    bool solved = true;
    for (std::uint32_t i = 0; i < group; ++i) solved = solved && Solves(states[i]);
    left -= group;
    if (!solved) return {false, parts - left};
    group = lanes;
  }
  return {true, parts};
}

}  // namespace stile
