#ifndef STILE_CHALLENGE_CPU_FEATURES_H_
#define STILE_CHALLENGE_CPU_FEATURES_H_

namespace stile {

// Which of the instructions that this code has kernels for may be run here: the CPU has them, and
// the operating system keeps the registers that they use. All false but on x86-64.
struct CpuFeatures {
  bool sha = false;     // The SHA extensions, with SSSE3 and SSE4.1.
  bool avx2 = false;    // With 256-bit registers kept (XCR0).
  bool avx512 = false;  // AVX-512F, with 512-bit registers kept.

  // Asks the CPU, which takes some microseconds under a hypervisor: once, at load time.
  [[nodiscard]] static CpuFeatures Detect() noexcept;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_CPU_FEATURES_H_
