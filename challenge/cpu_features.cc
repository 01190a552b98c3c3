#include "challenge/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>
#endif

namespace stile {

#if defined(__x86_64__)

namespace {

// Bits of XCR0: what the operating system keeps when it switches threads.
constexpr std::uint32_t kSseState = 1U << 1;
constexpr std::uint32_t kAvxState = 1U << 2;
constexpr std::uint32_t kAvx512State = 7U << 5;  // Masks, upper halves, upper sixteen.

constexpr bool HasAll(std::uint32_t set, std::uint32_t wanted) noexcept {
  return (set & wanted) == wanted;
}

// Only where CPUID says that the instruction is there: it faults elsewhere.
std::uint32_t ReadXcr0() noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

CpuFeatures CpuFeatures::Detect() noexcept {
  constexpr std::uint32_t kSsse3 = 1U << 9;
  constexpr std::uint32_t kSse41 = 1U << 19;
  constexpr std::uint32_t kOsXsave = 1U << 27;
  constexpr std::uint32_t kAvx = 1U << 28;
  constexpr std::uint32_t kAvx2 = 1U << 5;
  constexpr std::uint32_t kAvx512F = 1U << 16;
  constexpr std::uint32_t kSha = 1U << 29;

  CpuFeatures found;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return found;
  const std::uint32_t basic = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return found;
  const std::uint32_t extended = b;

  found.sha = HasAll(basic, kSsse3 | kSse41) && HasAll(extended, kSha);
  if (!HasAll(basic, kOsXsave | kAvx)) return found;
  const std::uint32_t kept = ReadXcr0();
  found.avx2 = HasAll(kept, kSseState | kAvxState) && HasAll(extended, kAvx2);
  found.avx512 = found.avx2 && HasAll(kept, kAvx512State) && HasAll(extended, kAvx512F);
  return found;
}

#else

CpuFeatures CpuFeatures::Detect() noexcept { return {}; }

#endif

}  // namespace stile
