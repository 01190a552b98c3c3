#include "challenge/puzzle/sha256_search.h"

#include "challenge/puzzle/sha256_plain.h"
#include "challenge/puzzle/sha256_scan.h"

#if defined(__x86_64__)
#include "challenge/cpu_features.h"
#include "challenge/puzzle/sha256_search_kernels.h"
#endif

namespace stile {
namespace {

bool Solves(const Sha256Job& job, uint64_t nonce) {
  uint32_t state[8];
  for (int i = 0; i < 8; ++i) state[i] = job.midstate[i];
  const uint32_t block[16] = {job.part,
                              static_cast<uint32_t>(nonce >> 32),
                              static_cast<uint32_t>(nonce),
                              kOneBit,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              kMessageBits};
  Sha256CompressPlain(state, block);
  return ((uint64_t{state[0]} << 32) | state[1]) <= job.target;
}

#if defined(__wasm__) && !defined(__wasm_simd128__)
constexpr int kLanes = 1;
#else
constexpr int kLanes = 4;
#endif

#if defined(__x86_64__)

// The first of sha256_search_kernels.h that the CPU has. Millions of nonces tried in a second: on a
// Xeon, 87 by 16 lanes of AVX-512, 40 by SHA instructions, 20 by 8 lanes of AVX2 and 11 by 4 of
// SSE2; on an AMD Zen 3, which lacks the first, 50, 24 and 8 to 11.
Sha256Scan BestScan() {
  const CpuFeatures& cpu = CpuFeatures::Here();
  if (cpu.avx512) return {&ScanSha256Avx512, kSha256ScanAvx512};
  if (cpu.sha) return {&ScanSha256Ni, kSha256ScanNi};
  if (cpu.avx2) return {&ScanSha256Avx2, kSha256ScanAvx2};
  return {&ScanInLanes<kLanes>, kLanes};
}
const Sha256Scan kBestScan = BestScan();

// Nothing is chosen yet for whoever searches from an initialiser that runs before this file's.
bool IsChosen() { return kBestScan.scan != nullptr; }
uint64_t GroupSize() { return IsChosen() ? kBestScan.group : kLanes; }
uint64_t Scan(const Sha256Job& job, uint64_t first_nonce, uint64_t count) {
  if (!IsChosen()) return ScanInLanes<kLanes>(job, first_nonce, count);
  return kBestScan.scan(job, first_nonce, count);
}

#else

constexpr uint64_t GroupSize() { return kLanes; }
uint64_t Scan(const Sha256Job& job, uint64_t first_nonce, uint64_t count) {
  return ScanInLanes<kLanes>(job, first_nonce, count);
}

#endif

// The same for `count` nonces that share their high half.
bool SearchLow(const Sha256Job& job, uint64_t first_nonce, uint64_t count, uint64_t* tried) {
  const uint64_t group = GroupSize();
  uint64_t done = 0;
  while (count - done >= group) {
    const uint64_t groups = (count - done) / group * group;
    const uint64_t missed = Scan(job, first_nonce + done, groups);
    done += missed;
    if (missed == groups) break;
    for (uint64_t i = 0; i < group; ++i) {
      ++done;
      if (Solves(job, first_nonce + done - 1)) {
        *tried = done;
        return true;
      }
    }
  }
  while (done < count) {
    ++done;
    if (Solves(job, first_nonce + done - 1)) {
      *tried = done;
      return true;
    }
  }
  *tried = done;
  return false;
}

}  // namespace

void Sha256PrefixMidstate(const uint8_t tag[16], const uint8_t id[16], uint8_t alternative,
                          uint32_t midstate[8]) noexcept {
  constexpr char kName[16] = "stile-sha256-v1";  // With its zero byte.
  PuzzleMidstate(kName, tag, id, alternative, midstate);
}

bool SearchSha256(const Sha256Job& job, uint64_t first_nonce, uint64_t count, uint64_t* found,
                  uint64_t* tried) noexcept {
  uint64_t done = 0;
  while (done < count) {
    const uint64_t nonce = first_nonce + done;
    const uint64_t left_in_high = (uint64_t{1} << 32) - (nonce & 0xFFFFFFFF);
    const uint64_t left = count - done;
    uint64_t here = 0;
    const bool solved = SearchLow(job, nonce, left < left_in_high ? left : left_in_high, &here);
    done += here;
    if (solved) {
      *found = first_nonce + done - 1;
      *tried = done;
      return true;
    }
  }
  *tried = done;
  return false;
}

}  // namespace stile
