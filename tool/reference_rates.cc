#include "tool/reference_rates.h"

namespace stile {
namespace {

constexpr std::string_view kHere = "measured 2026-11-26 on an AMD EPYC of the Zen 3 kind";

constexpr std::array<ReferenceRate, 6> kRates = {{
    {Puzzle::kHashwx, SolverKind::kBrowser, 1.3e6, kHere, false},
    {Puzzle::kHashwx, SolverKind::kNative, 1.9e6, kHere, false},
    {Puzzle::kHashwx, SolverKind::kGpu, 150e6, kHere, false},
    {Puzzle::kSha256, SolverKind::kBrowser, 18e6, kHere, false},
    {Puzzle::kSha256, SolverKind::kNative, 50e6, kHere, false},
    {Puzzle::kSha256, SolverKind::kGpu, 6.15e9, "an RTX 5060 Ti, as told to the Cap project", true},
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
