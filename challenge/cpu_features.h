#ifndef STILE_CHALLENGE_CPU_FEATURES_H_
#define STILE_CHALLENGE_CPU_FEATURES_H_

#include <cstdint>

namespace stile {

// Which of the instructions that this code has kernels for may be run here: the CPU has them, and
// the operating system keeps the registers that they use. All false but on x86-64.
struct CpuFeatures {
  bool sha = false;     // The SHA extensions, with SSSE3 and SSE4.1.
  bool avx2 = false;    // With 256-bit registers kept (XCR0).
  bool avx512 = false;  // AVX-512F, with 512-bit registers kept.

  // What a CPU says of itself.
  struct Answers {
    std::uint32_t leaf1_ecx = 0;  // Of CPUID.
    std::uint32_t leaf7_ebx = 0;  // Of CPUID; 0 where it has no leaf 7.
    std::uint32_t xcr0 = 0;       // The lower half; not looked at without OSXSAVE in leaf 1.
  };
  [[nodiscard]] static CpuFeatures Of(const Answers& answers) noexcept;

  // Those of this CPU, which is asked once, by whoever wants to know first: it takes some
  // microseconds under a hypervisor. Right at any time, before main too; but a request's path keeps
  // the one it needs in a constant of its own file, which is false until that is initialised.
  [[nodiscard]] static const CpuFeatures& Here() noexcept;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_CPU_FEATURES_H_
