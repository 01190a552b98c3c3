#ifndef STILE_VERIFIER_EFFORT_EFFORT_CONTROL_H_
#define STILE_VERIFIER_EFFORT_EFFORT_CONTROL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "challenge/clearance.h"
#include "challenge/ip_address.h"
#include "challenge/unix_millis.h"
#include "verifier/effort/effort_options.h"
#include "verifier/effort/effort_table.h"
#include "verifier/effort/origin_trouble.h"
#include "verifier/effort/turn_rate.h"

namespace stile {

// What a site's control does and sees, for an operator's eyes.
struct EffortReading {
  std::uint32_t price = kConfiguredPrice;  // Percent, as asked now.
  std::uint32_t pin = 0;                   // 0: none.
  double exact = kConfiguredPrice;         // Percent, before it is published.
  double trouble = 0;                      // 0 to 1: the origin's.
  double queue = 0;                        // 0 to 1: of this process.
  double demand = 0;                       // Counted redemptions a second, in the last period.
  double capacity = 0;                     // A second; 0: no limit is known.
  double excess = 0;                       // Seconds of capacity that demand is ahead by.
  double held_share = 0;                   // 0 to 1: of held clearances that must prove more.
  std::uint32_t held_price = 0;            // Half of this is what they must have paid.
  bool quiet = false;                      // Clients pass unasked.
};

// One site's effort control: how many percent of what a level asks a client is asked now, after
// Tor's proposal 362. docs/effort.md has the law and what an attacker can and can't move by it.
//
// Its inputs are first valid redemptions, what the origin makes of cleared requests, and the
// queue of redemptions. Challenges that nobody solves move nothing. There is no thread: whoever
// comes first after a period's end takes the step, without lock. A clock that goes back moves no
// price; one that leaps ahead is a quiet time.
//
// Memory is fixed, and is the EffortTable's: controls of one site that share a table share their
// state, so that reloads and workers go on from it. Safe to use from many threads at once. Nothing
// here allocates, blocks, throws or reads a clock.
class EffortControl {
 public:
  static constexpr std::int64_t kPeriodMillis = 2'000;
  static constexpr double kRush = 8;                // Times the admissions,
  static constexpr double kRushBurstSeconds = 1;    // so many seconds of that at once;
  static constexpr double kStockBurstSeconds = 10;  // and of the admissions themselves.
  static constexpr int kIpv4Prefix = 24;
  static constexpr int kIpv6Prefix = 56;

  // For the site with this id. `most` is the price at which every alternative that the site offers
  // asks all it may: over it nothing would change. `table` is not null.
  EffortControl(std::shared_ptr<EffortTable> table, std::uint32_t site,
                const EffortOptions& options, std::uint32_t most = kMostPrice);
  ~EffortControl();
  EffortControl(const EffortControl&) = delete;
  EffortControl& operator=(const EffortControl&) = delete;

  [[nodiscard]] const EffortOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::uint32_t most() const noexcept { return most_; }

  // Percent that the site asks everybody, and that it asks this client: the same or more, if the
  // client's prefix redeems more than its share. Without a known address it is the site's.
  [[nodiscard]] std::uint32_t SitePrice(UnixMillis now) noexcept;
  [[nodiscard]] std::uint32_t PriceFor(const std::optional<IpAddress>& address,
                                       UnixMillis now) noexcept;

  // A client at `address` redeemed a challenge for the first time, that had been issued at the
  // price `paid`. Only for redemptions that are valid and not repeated.
  void NoteRedemption(const std::optional<IpAddress>& address, std::uint32_t paid,
                      UnixMillis now) noexcept;

  // How many milliseconds from `now` a first redemption of what was issued at the price `paid` has
  // its turn; 0: at once. Takes nothing. Where `admissions` are known, nobody's stock of solutions
  // lets in more at once than the price can follow: what was bought for less than half of what is
  // asked now has as many turns as there are admissions, and everything together has kRush times
  // as many. Whoever has none may come again with the same solution.
  [[nodiscard]] std::int64_t TurnIn(std::uint32_t paid, UnixMillis now) noexcept;
  // Takes that turn. Returns false if others were faster.
  [[nodiscard]] bool TakeTurn(std::uint32_t paid, UnixMillis now) noexcept;

  // What the origin made of a request for `path`, without its query, by the valid clearance `id`.
  // Under 10 ns where it served that clearance the same path just before.
  void NoteOutcome(std::string_view path, const TokenId& id, const OriginOutcome& outcome,
                   UnixMillis now) noexcept;
  // The same in two steps, where the path is gone by the time that the origin answers.
  [[nodiscard]] OriginVisit VisitOf(std::string_view path, const TokenId& id) const noexcept;
  void NoteOutcome(const OriginVisit& visit, const OriginOutcome& outcome, UnixMillis now) noexcept;
  // One of a request that PassesUnasked let through. It counts only while it is quiet, and for
  // nothing but the end of that.
  [[nodiscard]] OriginVisit UnaskedVisitOf(std::string_view path,
                                           const IpAddress& address) const noexcept;

  // True while a share of held clearances must prove more than they may. One relaxed load.
  [[nodiscard]] bool DemandsOfHeld() const noexcept;
  // True if `held`, a valid clearance, must prove more where a level asks `configured` of its
  // puzzle. Never for a puzzle that no price raises; and with an unsafe method, whose body a
  // challenge would lose, only once every clearance is asked.
  [[nodiscard]] bool AsksHeld(const Clearance& held, std::uint64_t configured, bool safe_method,
                              UnixMillis now) noexcept;

  // True if a client that a rule would challenge may pass unasked now: only with QuietAsk::kNone,
  // while it is quiet. Counts it: more than the site can bear ends the quiet at once. One relaxed
  // load where it isn't quiet.
  [[nodiscard]] bool PassesUnasked(UnixMillis now) noexcept;

  [[nodiscard]] EffortReading Read(UnixMillis now) noexcept;

 private:
  // Takes the step if a period is over.
  void Turn(UnixMillis now) noexcept;
  void Step(std::int64_t start, UnixMillis now) noexcept;
  [[nodiscard]] std::uint64_t PrefixKey(const IpAddress& address) const noexcept;
  [[nodiscard]] std::uint32_t Published() const noexcept;
  // Whether what was issued at the price `paid` was cheap beside what is asked now.
  [[nodiscard]] bool IsStock(std::uint32_t paid, UnixMillis now) noexcept {
    return std::uint64_t{paid} * 2 < SitePrice(now);
  }
  [[nodiscard]] bool LimitsTurns() const noexcept {
    return options_.control && options_.admissions > 0;
  }

  std::shared_ptr<EffortTable> table_;
  EffortOptions options_;
  std::uint32_t site_;
  std::uint32_t most_;
  TurnRate rush_;                    // Only where `admissions` are known,
  TurnRate stock_;                   // as this one.
  std::unique_ptr<EffortCell> own_;  // Only where the table has no cell left.
  EffortCell* cell_;
  OriginTrouble trouble_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_EFFORT_CONTROL_H_
