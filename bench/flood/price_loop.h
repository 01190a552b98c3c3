#ifndef STILE_BENCH_FLOOD_PRICE_LOOP_H_
#define STILE_BENCH_FLOOD_PRICE_LOOP_H_

#include <cstdint>

#include "challenge/puzzle/puzzle.h"

namespace stile::bench {

// What sets the price of challenges, in percent of what the level asks in quiet times. Times are
// simulated seconds that never fall from call to call.
class PriceLoop {
 public:
  virtual ~PriceLoop() = default;

  // Of a challenge that is issued to a client of this prefix now.
  [[nodiscard]] virtual double PriceFor(std::uint32_t prefix, double now) = 0;

  // A solution of a challenge issued at `price` has been redeemed for the first time.
  virtual void OnRedeemed(std::uint32_t prefix, double price, Puzzle puzzle, double now) = 0;

  // The origin has answered a cleared request within `seconds`. `failed`: with a 5xx.
  virtual void OnAnswer(std::uint64_t clearance, bool failed, double seconds, double now) = 0;

  // Solutions that wait to be checked, as a share of those that may.
  virtual void OnDesk(double share, double now) = 0;

  // True if challenges offer this puzzle.
  [[nodiscard]] virtual bool Offers(Puzzle puzzle, double now) = 0;

  // Takes the turn of a solution that is right and first, of a challenge issued at `price`. Returns
  // 0, or in how many seconds there may be one.
  [[nodiscard]] virtual double TakeTurn(double, Puzzle, double) { return 0; }

  // True if who holds this clearance, proven at `price`, has to earn another one.
  [[nodiscard]] virtual bool AsksAgain(std::uint64_t clearance, double price, Puzzle puzzle,
                                       double now) = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_PRICE_LOOP_H_
