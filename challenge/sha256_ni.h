#ifndef STILE_CHALLENGE_SHA256_NI_H_
#define STILE_CHALLENGE_SHA256_NI_H_

#include <cstddef>
#include <cstdint>

namespace stile {

// SHA-256 on the SHA extensions of x86-64. Call it only where the CPU has them. Its source is
// compiled without AVX on purpose: beside code that leaves the upper halves of the vector registers
// dirty, an inlined copy runs some 150 times slower.

// The compression function.
void Sha256CompressNi(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count) noexcept;

// Sha256Nested, with both states in registers from the first round to the last.
void Sha256NestedNi(const std::uint32_t* inner, const std::uint32_t* outer,
                    const std::uint8_t* block, std::uint8_t* digest) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_SHA256_NI_H_
