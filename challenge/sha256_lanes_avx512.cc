// Compiled with -mavx512f.
#include "challenge/sha256_lanes_kernels.h"

#if defined(__x86_64__)

#include "challenge/sha256_vector.h"

namespace stile {

void Sha256CompressAvx512(std::uint32_t* states, const std::uint8_t* blocks) noexcept {
  sha256_vector::Compress<16>(states, blocks);
}

}  // namespace stile

#endif  // defined(__x86_64__)
