#ifndef STILE_VERIFIER_EFFORT_EFFORT_STATE_H_
#define STILE_VERIFIER_EFFORT_EFFORT_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "verifier/effort/effort_options.h"

namespace stile {

// What came in one period.
struct EffortInput {
  double came = 0;     // Redemptions that count.
  double paid = 0;     // Those of them at the published price or above.
  double unasked = 0;  // Requests that passed unasked.
  double trouble = 0;  // The origin's, 0 to 1.
  double queue = 0;    // How full the queue of redemptions is, 0 to 1.
};

// A site's control between two periods, and its law: plain numbers, no clock, no atomics. What
// docs/effort.md describes is Advance.
struct EffortState {
  static constexpr double kPeriodSeconds = 2;
  static constexpr std::size_t kWords = 16;

  double exact = kConfiguredPrice;  // Percent.
  std::uint32_t published = kConfiguredPrice;
  double excess = 0;         // Clients that came and that the origin hadn't the capacity for.
  double usual = 0;          // Clients in a quiet period.
  double learned = 0;        // Periods that `usual` is of.
  double troubled = 0;       // Periods of trouble without break.
  double least = 0;          // The least price of this minute; 0: it has just begun.
  double least_before = 0;   // And of the one before.
  double minute = 0;         // Periods of this minute.
  double held_share = 0;     // 0 to 1.
  double calm = 0;           // Periods without demand or trouble.
  double quiet = 0;          // 1: clients pass unasked.
  double usual_unasked = 0;  // Requests that passed unasked in a quiet period.
  // Of the last period, for those who look.
  double last_came = 0;
  double last_capacity = 0;  // 0: no limit is known.
  double last_trouble = 0;

  // Takes one period into account. `most` is the highest price there is.
  void Advance(const EffortInput& input, const EffortOptions& options, std::uint32_t most) noexcept;

  // The price that held clearances are measured by: one that has held for a minute.
  [[nodiscard]] std::uint32_t HeldPrice() const noexcept;
  // Requests that may pass unasked in one period.
  [[nodiscard]] std::uint64_t MostUnasked(const EffortOptions& options) const noexcept;
  // Redemptions a period that one prefix may make; 0: as many as it likes.
  [[nodiscard]] double PrefixShare(const EffortOptions& options) const noexcept;

  [[nodiscard]] std::array<std::uint64_t, kWords> Words() const noexcept;
  // From words that were stored, or zeros. Whatever they are, what comes of them is in bounds.
  [[nodiscard]] static EffortState Of(const std::array<std::uint64_t, kWords>& words,
                                      std::uint32_t most) noexcept;

 private:
  [[nodiscard]] double CapacityFor(const EffortInput& input,
                                   const EffortOptions& options) const noexcept;
  void Weigh(const EffortInput& input, const EffortOptions& options, std::uint32_t most) noexcept;
  void Publish(std::uint32_t most) noexcept;
  void Learn(const EffortInput& input) noexcept;
  void Hold(const EffortOptions& options) noexcept;
  void Quieten(const EffortInput& input, const EffortOptions& options) noexcept;
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_EFFORT_STATE_H_
