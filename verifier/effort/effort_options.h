#ifndef STILE_VERIFIER_EFFORT_EFFORT_OPTIONS_H_
#define STILE_VERIFIER_EFFORT_EFFORT_OPTIONS_H_

#include <chrono>
#include <cstdint>

#include "challenge/puzzle/puzzle.h"

namespace stile {

// What clients are asked while nothing presses.
enum class QuietAsk : std::uint8_t {
  kLight = 0,  // What the level asks.
  kNone = 1,   // Nothing, where the default level or a lower one would be asked.
};

// How the effort of a site's puzzles follows its load: the table [effort] of a policy.
struct EffortOptions {
  bool control = true;    // False: always what the levels ask.
  double admissions = 0;  // New clearances a second that the origin can bear; 0: not known.
  // How long the slowest supported phone may need, at the 95th percentile, however high the price.
  std::chrono::milliseconds longest{15'000};
  QuietAsk quiet = QuietAsk::kLight;
  bool held = false;               // Under lasting attack ask for more than cheap clearances prove.
  std::uint32_t pin = 0;           // Percent that hold whatever comes; 0: none.
  double prefix_share = 1.0 / 16;  // Of the capacity, that one address prefix has.

  friend bool operator==(const EffortOptions&, const EffortOptions&) noexcept = default;
};

// Percent of what a level's alternatives ask, as configured.
inline constexpr std::uint32_t kConfiguredPrice = 100;
inline constexpr std::uint32_t kMostPrice = 6400;

// The limits of what EffortOptions may say.
inline constexpr double kLeastAdmissions = 0.1;
inline constexpr double kMostAdmissions = 1'000'000;
inline constexpr double kLeastPrefixShare = 0.001;
inline constexpr std::chrono::milliseconds kShortestLongest{1'000};
inline constexpr std::chrono::milliseconds kLongestLongest{120'000};

// What the slowest supported phone, a sixth of a desktop's browser worker at four workers, gets
// through in 15 seconds at the 95th percentile. docs/effort.md says where the numbers come from.
inline constexpr std::uint64_t kMostHashwxEffort = 4'000'000;
inline constexpr std::uint64_t kMostSha256Effort = 64'000'000;

// The most evaluations that a raised price may ask of `puzzle`; 0 for a puzzle that no price
// raises.
[[nodiscard]] std::uint64_t MostEffort(Puzzle puzzle, std::chrono::milliseconds longest) noexcept;

// What is asked at `price` where `configured` is asked at 100: at most MostEffort, and never less
// than `configured`.
[[nodiscard]] std::uint64_t EffortAt(Puzzle puzzle, std::uint64_t configured, std::uint32_t price,
                                     std::chrono::milliseconds longest) noexcept;

// The price that `asked` was, where the price is `current` now and `configured` is asked at 100.
// At most `current`, which what is asked at its cap has paid.
[[nodiscard]] std::uint32_t PricePaid(Puzzle puzzle, std::uint64_t configured, std::uint64_t asked,
                                      std::uint32_t current,
                                      std::chrono::milliseconds longest) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_EFFORT_OPTIONS_H_
