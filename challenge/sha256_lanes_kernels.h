#ifndef STILE_CHALLENGE_SHA256_LANES_KERNELS_H_
#define STILE_CHALLENGE_SHA256_LANES_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace stile {

// The kernels of sha256_lanes.h that need more than the baseline, each compiled apart with the
// instructions that it needs. Call one only where CpuFeatures has them. States are 8 words each,
// blocks 64 bytes each, both without gaps.

// Any count, two at a time. Without AVX, as sha256_ni.h explains.
void Sha256CompressEachNi(std::uint32_t* states, const std::uint8_t* blocks,
                          std::size_t count) noexcept;

// Two of Sha256Nested, with all states in registers from the first round to the last.
void Sha256NestedPairNi(const std::uint32_t* const inner[2], const std::uint32_t* const outer[2],
                        const std::uint8_t* const blocks[2],
                        std::uint8_t* const digests[2]) noexcept;

// As many as the kernel has lanes.
void Sha256CompressAvx2(std::uint32_t* states, const std::uint8_t* blocks) noexcept;    // 8
void Sha256CompressAvx512(std::uint32_t* states, const std::uint8_t* blocks) noexcept;  // 16

}  // namespace stile

#endif  // STILE_CHALLENGE_SHA256_LANES_KERNELS_H_
