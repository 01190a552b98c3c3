#include "challenge/sha256.h"

#include <bit>
#include <cstring>

#include "challenge/cpu_features.h"
#include "challenge/sha256_ni.h"
#include "challenge/sha256_rounds.h"

namespace stile {
namespace {

std::uint32_t LoadBigEndian(const std::uint8_t* p) noexcept {
  return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 |
         static_cast<std::uint32_t>(p[2]) << 8 | p[3];
}

void CompressOne(Sha256State& state, const std::uint8_t* block) noexcept {
  std::array<std::uint32_t, 64> w;
  for (std::size_t i = 0; i < 16; ++i) w[i] = LoadBigEndian(block + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                             ((e & f) ^ (~e & g)) + kSha256Rounds[i] + w[i];
    const std::uint32_t t2 =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

#if defined(__x86_64__)
const bool kUseShaExtensions = CpuFeatures::Here().sha;
#else
constexpr bool kUseShaExtensions = false;
#endif

Sha256Digest DigestOf(const Sha256State& state) noexcept {
  Sha256Digest digest;
  for (std::size_t i = 0; i < 8; ++i) {
    digest[4 * i] = static_cast<std::uint8_t>(state[i] >> 24);
    digest[4 * i + 1] = static_cast<std::uint8_t>(state[i] >> 16);
    digest[4 * i + 2] = static_cast<std::uint8_t>(state[i] >> 8);
    digest[4 * i + 3] = static_cast<std::uint8_t>(state[i]);
  }
  return digest;
}

}  // namespace

void Sha256CompressPortable(Sha256State& state, const std::uint8_t* blocks,
                            std::size_t count) noexcept {
  for (; count != 0; --count, blocks += kSha256Block) CompressOne(state, blocks);
}

void Sha256Compress(Sha256State& state, const std::uint8_t* blocks, std::size_t count) noexcept {
#if defined(__x86_64__)
  if (kUseShaExtensions) {
    Sha256CompressNi(state.data(), blocks, count);
    return;
  }
#endif
  Sha256CompressPortable(state, blocks, count);
}

Sha256Digest Sha256NestedPortable(const Sha256State& inner, const Sha256State& outer,
                                  const std::uint8_t* block) noexcept {
  constexpr std::size_t kBits = (kSha256Block + sizeof(Sha256Digest)) * 8;
  Sha256State state = inner;
  Sha256CompressPortable(state, block, 1);
  const Sha256Digest message = DigestOf(state);
  std::array<std::uint8_t, kSha256Block> last{};
  std::memcpy(last.data(), message.data(), message.size());
  last[message.size()] = 0x80;
  last[kSha256Block - 2] = static_cast<std::uint8_t>(kBits >> 8);
  last[kSha256Block - 1] = static_cast<std::uint8_t>(kBits & 0xFF);
  state = outer;
  Sha256CompressPortable(state, last.data(), 1);
  return DigestOf(state);
}

Sha256Digest Sha256Nested(const Sha256State& inner, const Sha256State& outer,
                          const std::uint8_t* block) noexcept {
#if defined(__x86_64__)
  if (kUseShaExtensions) {
    Sha256Digest digest;
    Sha256NestedNi(inner.data(), outer.data(), block, digest.data());
    return digest;
  }
#endif
  return Sha256NestedPortable(inner, outer, block);
}

const char* Sha256Kernel() noexcept { return kUseShaExtensions ? "sha-ni" : "portable"; }

Sha256Digest Sha256(std::span<const std::uint8_t> bytes) noexcept {
  Sha256State state = kSha256Initial;
  const std::size_t whole = bytes.size() / kSha256Block;
  Sha256Compress(state, bytes.data(), whole);
  return Sha256Finish(state, bytes.subspan(whole * kSha256Block), bytes.size());
}

Sha256Digest Sha256Finish(Sha256State state, std::span<const std::uint8_t> rest,
                          std::uint64_t total_bytes) noexcept {
  const std::size_t whole = rest.size() / kSha256Block;
  Sha256Compress(state, rest.data(), whole);
  rest = rest.subspan(whole * kSha256Block);
  std::array<std::uint8_t, 2 * kSha256Block> last{};
  if (!rest.empty()) std::memcpy(last.data(), rest.data(), rest.size());
  last[rest.size()] = 0x80;
  const std::size_t blocks = rest.size() + 9 <= kSha256Block ? 1 : 2;
  const std::uint64_t bits = total_bytes * 8;
  for (std::size_t i = 0; i < 8; ++i) {
    last[blocks * kSha256Block - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  }
  Sha256Compress(state, last.data(), blocks);
  return DigestOf(state);
}

}  // namespace stile
