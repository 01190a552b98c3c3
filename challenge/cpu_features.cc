#include "challenge/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace stile {
namespace {

// Of leaf 1, in ECX.
constexpr std::uint32_t kSsse3 = 1U << 9;
constexpr std::uint32_t kSse41 = 1U << 19;
constexpr std::uint32_t kOsXsave = 1U << 27;
constexpr std::uint32_t kAvx = 1U << 28;
// Of leaf 7, in EBX.
constexpr std::uint32_t kAvx2 = 1U << 5;
constexpr std::uint32_t kAvx512F = 1U << 16;
constexpr std::uint32_t kSha = 1U << 29;
// Of XCR0: what the operating system keeps when it switches threads.
constexpr std::uint32_t kSseState = 1U << 1;
constexpr std::uint32_t kAvxState = 1U << 2;
constexpr std::uint32_t kAvx512State = 7U << 5;  // Masks, upper halves, upper sixteen.

constexpr bool HasAll(std::uint32_t set, std::uint32_t wanted) noexcept {
  return (set & wanted) == wanted;
}

#if defined(__x86_64__)

// Only where CPUID says that the instruction is there: it faults elsewhere.
std::uint32_t ReadXcr0() noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

CpuFeatures::Answers Ask() noexcept {
  CpuFeatures::Answers answers;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0) answers.leaf1_ecx = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) answers.leaf7_ebx = b;
  if (HasAll(answers.leaf1_ecx, kOsXsave)) answers.xcr0 = ReadXcr0();
  return answers;
}

#else

CpuFeatures::Answers Ask() noexcept { return {}; }

#endif

}  // namespace

CpuFeatures CpuFeatures::Of(const Answers& answers) noexcept {
  const std::uint32_t basic = answers.leaf1_ecx;
  const std::uint32_t extended = answers.leaf7_ebx;
  CpuFeatures found;
  found.sha = HasAll(basic, kSsse3 | kSse41) && HasAll(extended, kSha);
  const bool avx = HasAll(basic, kOsXsave | kAvx) && HasAll(answers.xcr0, kSseState | kAvxState);
  found.avx2 = avx && HasAll(extended, kAvx2);
  found.avx512 = found.avx2 && HasAll(extended, kAvx512F) && HasAll(answers.xcr0, kAvx512State);
  return found;
}

const CpuFeatures& CpuFeatures::Here() noexcept {
  static const CpuFeatures found = Of(Ask());
  return found;
}

}  // namespace stile
