#include "challenge/cpu_features.h"

#include <gtest/gtest.h>

#include <tuple>

namespace stile {
namespace {

constexpr std::uint32_t kSsse3 = 0x0000'0200;
constexpr std::uint32_t kSse41 = 0x0008'0000;
constexpr std::uint32_t kOsXsave = 0x0800'0000;
constexpr std::uint32_t kAvx = 0x1000'0000;
constexpr std::uint32_t kAllOf1 = kSsse3 | kSse41 | kOsXsave | kAvx;

constexpr std::uint32_t kAvx2 = 0x0000'0020;
constexpr std::uint32_t kAvx512F = 0x0001'0000;
constexpr std::uint32_t kSha = 0x2000'0000;
constexpr std::uint32_t kAllOf7 = kAvx2 | kAvx512F | kSha;

constexpr std::uint32_t kSseState = 0x02;
constexpr std::uint32_t kAvxState = 0x04;
constexpr std::uint32_t kMasks = 0x20;
constexpr std::uint32_t kUpperHalves = 0x40;
constexpr std::uint32_t kUpperSixteen = 0x80;
constexpr std::uint32_t kAllKept = kSseState | kAvxState | kMasks | kUpperHalves | kUpperSixteen;

TEST(CpuFeatures, NeedTheirInstructionsAndTheRegistersKept) {
  struct Case {
    const char* what;
    CpuFeatures::Answers answers;
    bool sha, avx2, avx512;
  };
  constexpr Case kCases[] = {
      {"everything", {kAllOf1, kAllOf7, kAllKept}, true, true, true},
      {"every bit", {~0U, ~0U, ~0U}, true, true, true},
      {"nothing", {0, 0, 0}, false, false, false},
      {"all others", {~kAllOf1, ~kAllOf7, ~kAllKept}, false, false, false},
      {"no leaf 7", {kAllOf1, 0, kAllKept}, false, false, false},
      {"no leaf 1", {0, kAllOf7, kAllKept}, false, false, false},
      {"no SSSE3", {kAllOf1 & ~kSsse3, kAllOf7, kAllKept}, false, true, true},
      {"no SSE4.1", {kAllOf1 & ~kSse41, kAllOf7, kAllKept}, false, true, true},
      {"no SHA", {kAllOf1, kAllOf7 & ~kSha, kAllKept}, false, true, true},
      {"no OSXSAVE", {kAllOf1 & ~kOsXsave, kAllOf7, kAllKept}, true, false, false},
      {"no AVX", {kAllOf1 & ~kAvx, kAllOf7, kAllKept}, true, false, false},
      {"no AVX2", {kAllOf1, kAllOf7 & ~kAvx2, kAllKept}, true, false, false},
      {"no AVX-512F", {kAllOf1, kAllOf7 & ~kAvx512F, kAllKept}, true, true, false},
      {"nothing kept", {kAllOf1, kAllOf7, 0}, true, false, false},
      {"no SSE state", {kAllOf1, kAllOf7, kAllKept & ~kSseState}, true, false, false},
      {"no AVX state", {kAllOf1, kAllOf7, kAllKept & ~kAvxState}, true, false, false},
      {"only 256 bits kept", {kAllOf1, kAllOf7, kSseState | kAvxState}, true, true, false},
      {"no masks", {kAllOf1, kAllOf7, kAllKept & ~kMasks}, true, true, false},
      {"no upper halves", {kAllOf1, kAllOf7, kAllKept & ~kUpperHalves}, true, true, false},
      {"no upper sixteen", {kAllOf1, kAllOf7, kAllKept & ~kUpperSixteen}, true, true, false},
  };
  for (const auto& [what, answers, sha, avx2, avx512] : kCases) {
    const CpuFeatures found = CpuFeatures::Of(answers);
    EXPECT_EQ(std::tuple(found.sha, found.avx2, found.avx512), std::tuple(sha, avx2, avx512))
        << what;
  }
}

// Which reads CPUID itself, and XCR0 too. Clang 14 can't be asked for the SHA extensions.
TEST(CpuFeatures, AgreeWithTheCompiler) {
  const CpuFeatures& found = CpuFeatures::Here();
#if defined(__x86_64__)
  __builtin_cpu_init();
#if !defined(__clang__)
  EXPECT_EQ(found.sha, __builtin_cpu_supports("sha") != 0);
#endif
  EXPECT_EQ(found.avx2, __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(found.avx512, __builtin_cpu_supports("avx512f") != 0);
#else
  EXPECT_FALSE(found.sha || found.avx2 || found.avx512);
#endif
}

}  // namespace
}  // namespace stile
