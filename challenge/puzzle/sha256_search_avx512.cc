// Compiled with -mavx512f.
#include "challenge/puzzle/sha256_search_kernels.h"

#if defined(__x86_64__)

#include "challenge/puzzle/sha256_scan.h"

namespace stile {

uint64_t ScanSha256Avx512(const Sha256Job& job, uint64_t first_nonce, uint64_t count) {
  return ScanInLanes<kSha256ScanAvx512>(job, first_nonce, count);
}

}  // namespace stile

#endif  // defined(__x86_64__)
