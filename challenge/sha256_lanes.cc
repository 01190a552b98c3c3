#include "challenge/sha256_lanes.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "challenge/cpu_features.h"
#include "challenge/sha256_lanes_kernels.h"

namespace stile {
namespace {

static_assert(sizeof(Sha256State) == 32 && sizeof(Sha256Bytes) == kSha256Block);

using States = std::span<Sha256State>;
using Blocks = std::span<const Sha256Bytes>;

void CompressPortable(States states, Blocks blocks) noexcept {
  for (std::size_t i = 0; i < states.size(); ++i) {
    Sha256CompressPortable(states[i], blocks[i].data(), 1);
  }
}

#if defined(__x86_64__)

const CpuFeatures kCpu = CpuFeatures::Here();

void CompressNi(States states, Blocks blocks) noexcept {
  if (states.empty()) return;
  Sha256CompressEachNi(states.front().data(), blocks.front().data(), states.size());
}

// As many lanes of a vector kernel as there are, the last ones empty where there are fewer blocks.
template <std::size_t kLanes, auto kKernel>
void CompressVectors(States states, Blocks blocks) noexcept {
  for (; states.size() >= kLanes;
       states = states.subspan(kLanes), blocks = blocks.subspan(kLanes)) {
    kKernel(states.front().data(), blocks.front().data());
  }
  if (states.empty()) return;
  std::array<Sha256State, kLanes> some{};
  std::array<Sha256Bytes, kLanes> of{};
  std::copy(states.begin(), states.end(), some.begin());
  std::copy(blocks.begin(), blocks.end(), of.begin());
  kKernel(some.front().data(), of.front().data());
  std::copy_n(some.begin(), states.size(), states.begin());
}

// Takes vectors while they are full, or full enough to beat what a CPU with them does for one block
// after the other.
void CompressAvx512(States states, Blocks blocks) noexcept {
  constexpr std::size_t kWorthwhile = 9;  // On a Xeon, 16 cost 210 to 250 ns, a pair 54.
  const std::size_t rest = states.size() % 16;
  const std::size_t few = kCpu.sha && rest < kWorthwhile ? rest : 0;
  const std::size_t many = states.size() - few;
  CompressVectors<16, Sha256CompressAvx512>(states.first(many), blocks.first(many));
  CompressNi(states.subspan(many), blocks.subspan(many));
}

void CompressAvx2(States states, Blocks blocks) noexcept {
  constexpr std::size_t kWorthwhile = 3;  // 8 cost 300 to 700 ns there, a block 180.
  const std::size_t rest = states.size() % 8;
  const std::size_t few = rest < kWorthwhile ? rest : 0;
  const std::size_t many = states.size() - few;
  CompressVectors<8, Sha256CompressAvx2>(states.first(many), blocks.first(many));
  CompressPortable(states.subspan(many), blocks.subspan(many));
}

Sha256Lanes Best() noexcept {
  if (kCpu.avx512) return Sha256Lanes::kAvx512;
  if (kCpu.sha) return Sha256Lanes::kSha;
  return kCpu.avx2 ? Sha256Lanes::kAvx2 : Sha256Lanes::kPortable;
}
const Sha256Lanes kBest = Best();

#else

constexpr Sha256Lanes kBest = Sha256Lanes::kPortable;

#endif

// The end of the outer message of an HMAC behind the digest: a one bit, and the length of a block
// and 32 bytes.
constexpr Sha256Bytes OuterBlock() noexcept {
  constexpr std::size_t kBits = (kSha256Block + sizeof(Sha256Digest)) * 8;
  Sha256Bytes block{};
  block[sizeof(Sha256Digest)] = 0x80;
  block[kSha256Block - 2] = static_cast<std::uint8_t>(kBits >> 8);
  block[kSha256Block - 1] = static_cast<std::uint8_t>(kBits & 0xFF);
  return block;
}

void StoreDigest(const Sha256State& state, std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < state.size(); ++i) {
    const std::uint32_t word =
        std::endian::native == std::endian::little ? __builtin_bswap32(state[i]) : state[i];
    std::memcpy(out + 4 * i, &word, sizeof word);
  }
}

// At most kMaxSha256Lanes.
void NestSome(std::span<const Sha256Nest> nests, std::span<Sha256Digest> digests) noexcept {
  std::array<Sha256State, kMaxSha256Lanes> states;
  std::array<Sha256Bytes, kMaxSha256Lanes> blocks;
  const std::size_t count = nests.size();
  for (std::size_t i = 0; i < count; ++i) {
    states[i] = *nests[i].inner;
    std::memcpy(blocks[i].data(), nests[i].block, kSha256Block);
  }
  Sha256CompressEach(std::span(states).first(count), std::span(blocks).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    blocks[i] = OuterBlock();
    StoreDigest(states[i], blocks[i].data());
    states[i] = *nests[i].outer;
  }
  Sha256CompressEach(std::span(states).first(count), std::span(blocks).first(count));
  for (std::size_t i = 0; i < count; ++i) StoreDigest(states[i], digests[i].data());
}

#if defined(__x86_64__)
void NestPairs(std::span<const Sha256Nest> nests, std::span<Sha256Digest> digests) noexcept {
  for (std::size_t i = 0; i + 2 <= nests.size(); i += 2) {
    const Sha256Nest& a = nests[i];
    const Sha256Nest& b = nests[i + 1];
    const std::uint32_t* const inner[2] = {a.inner->data(), b.inner->data()};
    const std::uint32_t* const outer[2] = {a.outer->data(), b.outer->data()};
    const std::uint8_t* const blocks[2] = {a.block, b.block};
    std::uint8_t* const out[2] = {digests[i].data(), digests[i + 1].data()};
    Sha256NestedPairNi(inner, outer, blocks, out);
  }
  if (nests.size() % 2 == 0) return;
  const Sha256Nest& last = nests.back();
  digests[nests.size() - 1] = Sha256Nested(*last.inner, *last.outer, last.block);
}
#endif

}  // namespace

bool IsSupported(Sha256Lanes kernel) noexcept {
#if defined(__x86_64__)
  if (kernel == Sha256Lanes::kAvx512) return kCpu.avx512;
  if (kernel == Sha256Lanes::kSha) return kCpu.sha;
  if (kernel == Sha256Lanes::kAvx2) return kCpu.avx2;
#endif
  return kernel == Sha256Lanes::kPortable;
}

const char* Sha256LanesName(Sha256Lanes kernel) noexcept {
  switch (kernel) {
    case Sha256Lanes::kAvx512:
      return "avx512";
    case Sha256Lanes::kSha:
      return "sha-ni";
    case Sha256Lanes::kAvx2:
      return "avx2";
    case Sha256Lanes::kPortable:
      break;
  }
  return "portable";
}

std::size_t Sha256LaneCount() noexcept {
  switch (kBest) {
    case Sha256Lanes::kAvx512:
      return 16;
    case Sha256Lanes::kSha:
      return 2;
    case Sha256Lanes::kAvx2:
      return 8;
    case Sha256Lanes::kPortable:
      break;
  }
  return 1;
}

void Sha256CompressEachWith([[maybe_unused]] Sha256Lanes kernel, States states,
                            Blocks blocks) noexcept {
#if defined(__x86_64__)
  switch (kernel) {
    case Sha256Lanes::kAvx512:
      return CompressAvx512(states, blocks);
    case Sha256Lanes::kSha:
      return CompressNi(states, blocks);
    case Sha256Lanes::kAvx2:
      return CompressAvx2(states, blocks);
    case Sha256Lanes::kPortable:
      break;
  }
#endif
  CompressPortable(states, blocks);
}

void Sha256CompressEach(States states, Blocks blocks) noexcept {
  Sha256CompressEachWith(kBest, states, blocks);
}

void Sha256NestedEach(std::span<const Sha256Nest> nests, std::span<Sha256Digest> digests) noexcept {
#if defined(__x86_64__)
  if (kCpu.sha && (kBest == Sha256Lanes::kSha || nests.size() < kMaxSha256Lanes / 2)) {
    return NestPairs(nests, digests);
  }
#endif
  while (!nests.empty()) {
    const std::size_t some = std::min(nests.size(), kMaxSha256Lanes);
    NestSome(nests.first(some), digests.first(some));
    nests = nests.subspan(some);
    digests = digests.subspan(some);
  }
}

}  // namespace stile
