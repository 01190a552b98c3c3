#ifndef STILE_TOOL_REFERENCE_RATES_H_
#define STILE_TOOL_REFERENCE_RATES_H_

#include <array>
#include <optional>
#include <string_view>

#include "challenge/puzzle/puzzle.h"

namespace stile {

// Who solves puzzles. A visitor is one worker of a browser; the other two are an attacker's.
enum class SolverKind : std::uint8_t { kBrowser = 0, kNative = 1, kGpu = 2 };
inline constexpr std::array<SolverKind, 3> kSolverKinds = {SolverKind::kBrowser,
                                                           SolverKind::kNative, SolverKind::kGpu};

// "browser", "native", "gpu".
[[nodiscard]] std::string_view SolverKindName(SolverKind kind) noexcept;

// How fast one of them tries nonces, and how that is known. docs/economics.md has the commands that
// measure it again.
struct ReferenceRate {
  Puzzle puzzle = Puzzle::kNone;
  SolverKind solver = SolverKind::kBrowser;
  double per_second = 0;
  std::string_view provenance;  // What was measured, when; or who says so.
  bool is_cited = false;        // Somebody else's figure.
};

// One for each puzzle that is work and each kind of solver.
[[nodiscard]] const std::array<ReferenceRate, 6>& ReferenceRates() noexcept;

// How much slower than the reference a cheap phone is: what Chromium's developer tools call a
// mid-tier to low-end device.
inline constexpr double kSlowFactor = 6;

// What an hour costs whoever rents it, in US dollars. Assumptions, no measurements.
inline constexpr double kNativeHourDollars = 0.02;
inline constexpr double kGpuHourDollars = 2.50;

}  // namespace stile

#endif  // STILE_TOOL_REFERENCE_RATES_H_
