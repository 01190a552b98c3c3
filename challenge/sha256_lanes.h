#ifndef STILE_CHALLENGE_SHA256_LANES_H_
#define STILE_CHALLENGE_SHA256_LANES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "challenge/sha256.h"

namespace stile {

// SHA-256 over many messages at once, none of which waits for another: a single one leaves most of
// a CPU idle, since each of its rounds needs the one before.

using Sha256Bytes = std::array<std::uint8_t, kSha256Block>;

// Folds blocks[i] into states[i] for each i; there are as many of both. Runs on the fastest kernel
// that the CPU has (chosen once, at load time); a few left over run on the fastest for a few.
void Sha256CompressEach(std::span<Sha256State> states,
                        std::span<const Sha256Bytes> blocks) noexcept;

// One Sha256Nested among several.
struct Sha256Nest {
  const Sha256State* inner;
  const Sha256State* outer;
  const std::uint8_t* block;  // 64 bytes.
};

// digests[i] = Sha256Nested(nests[i]) for each i; there are as many of both.
void Sha256NestedEach(std::span<const Sha256Nest> nests, std::span<Sha256Digest> digests) noexcept;

// How many blocks the kernel that Sha256CompressEach runs takes in the time of one: whoever can
// stop early asks for no more at a time. At most kMaxSha256Lanes.
inline constexpr std::size_t kMaxSha256Lanes = 16;
[[nodiscard]] std::size_t Sha256LaneCount() noexcept;

// The kernels themselves, for tests and benchmarks. The portable one is 0: what runs before the
// others are chosen.
enum class Sha256Lanes : std::uint8_t { kPortable, kAvx512, kSha, kAvx2 };
// In the order of preference. A block costs 13 to 16 ns in 16 lanes of AVX-512 on a Xeon, where two
// interleaved chains of SHA instructions take 26 to 28; on an AMD Zen 3, without AVX-512, these
// take 21 to 23 and are faster than 8 lanes of AVX2.
inline constexpr std::array kSha256Kernels = {Sha256Lanes::kAvx512, Sha256Lanes::kSha,
                                              Sha256Lanes::kAvx2, Sha256Lanes::kPortable};

[[nodiscard]] bool IsSupported(Sha256Lanes kernel) noexcept;
[[nodiscard]] const char* Sha256LanesName(Sha256Lanes kernel) noexcept;
// Sha256CompressEach with this kernel alone, which IsSupported.
void Sha256CompressEachWith(Sha256Lanes kernel, std::span<Sha256State> states,
                            std::span<const Sha256Bytes> blocks) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_SHA256_LANES_H_
