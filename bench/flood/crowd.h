#ifndef STILE_BENCH_FLOOD_CROWD_H_
#define STILE_BENCH_FLOOD_CROWD_H_

#include <cstdint>
#include <vector>

#include "bench/flood/device.h"
#include "bench/flood/dice.h"
#include "bench/flood/door.h"
#include "bench/flood/origin_model.h"
#include "bench/flood/scenario.h"

namespace stile::bench {

// One of those that the site is for, and what became of the visit.
struct Visitor {
  enum class Stage : std::uint8_t { kAway, kSolving, kLoading, kBrowsing, kGone };

  std::uint32_t prefix = 0;
  const Device* device = nullptr;
  Puzzle puzzle = Puzzle::kHashwx;  // Which the browser can do.
  Stage stage = Stage::kAway;
  double comes = 0;
  double leaves = 0;   // Once it has seen enough.
  double next = 0;     // When it does what comes next.
  double passed = -1;  // Seconds until the first page was there; -1: never.
  std::uint32_t pages = 0;
  std::uint32_t failed_pages = 0;  // Answered with 5xx after that.
  std::uint32_t asked_again = 0;   // Challenges after the first.
  Door::Challenge challenge;
  Door::Clearance clearance;
};

// All visitors, who come at any time with equal likelihood.
class Crowd {
 public:
  static constexpr double kPatience = 30;     // Seconds for the first page.
  static constexpr double kRoundTrip = 0.15;  // Of the page with the puzzle, and of redeeming.
  static constexpr double kBetweenPages = 10;
  static constexpr double kStay = 300;  // In the mean.

  // Their prefixes follow `first_prefix`; one visitor in twenty is in one of the bots'.
  Crowd(const Scenario& scenario, std::uint32_t first_prefix, Door& door, PriceLoop& loop,
        const OriginModel& origin, Dice& dice);

  // What happens until `now`. Returns how many requests reach the origin.
  [[nodiscard]] double Step(double now);

  [[nodiscard]] const std::vector<Visitor>& visitors() const noexcept { return visitors_; }
  // Clearances with which requests were made in the last step.
  [[nodiscard]] const std::vector<std::uint64_t>& active() const noexcept { return active_; }

 private:
  void Advance(Visitor& visitor, double now);
  void Ask(Visitor& visitor);
  void Redeem(Visitor& visitor, double now);
  void Load(Visitor& visitor, double now);
  void Browse(Visitor& visitor, double now);
  [[nodiscard]] double SolveSeconds(const Visitor& visitor);

  Door& door_;
  PriceLoop& loop_;
  const OriginModel& origin_;
  Dice& dice_;
  std::vector<Visitor> visitors_;  // In the order that they come.
  std::size_t first_ = 0;          // Before it all are gone.
  std::vector<std::uint64_t> active_;
  double reached_ = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_CROWD_H_
