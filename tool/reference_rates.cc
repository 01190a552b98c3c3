#include "tool/reference_rates.h"

namespace stile {
namespace {

// bench/attack/results.json has the measurements; tests/bench compares.
constexpr std::string_view kBrowser = "measured 2026-11-27: Chromium 156 on an AMD EPYC (Zen 3)";
constexpr std::string_view kNative = "measured 2026-11-27: an AMD EPYC (Zen 3)";
constexpr std::string_view kGpu = "measured 2026-11-26: an NVIDIA H200, kernels of our own";

constexpr std::array<ReferenceRate, 6> kRates = {{
    {Puzzle::kHashwx, SolverKind::kBrowser, 0.594e6, kBrowser, false},
    {Puzzle::kHashwx, SolverKind::kNative, 1.32e6, kNative, false},
    {Puzzle::kHashwx, SolverKind::kGpu, 396e6, kGpu, false},
    {Puzzle::kSha256, SolverKind::kBrowser, 12.5e6, kBrowser, false},
    {Puzzle::kSha256, SolverKind::kNative, 45.7e6, kNative, false},
    {Puzzle::kSha256, SolverKind::kGpu, 14.3e9, kGpu, false},
}};

}  // namespace

std::string_view SolverKindName(SolverKind kind) noexcept {
  switch (kind) {
    case SolverKind::kBrowser:
      return "browser";
    case SolverKind::kNative:
      return "native";
    case SolverKind::kGpu:
      return "gpu";
  }
  return "none";
}

const std::array<ReferenceRate, 6>& ReferenceRates() noexcept { return kRates; }

}  // namespace stile
