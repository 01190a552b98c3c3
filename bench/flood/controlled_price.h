#ifndef STILE_BENCH_FLOOD_CONTROLLED_PRICE_H_
#define STILE_BENCH_FLOOD_CONTROLLED_PRICE_H_

#include <memory>

#include "bench/flood/door.h"
#include "bench/flood/price_loop.h"
#include "verifier/effort/effort_control.h"

namespace stile::bench {

// Stile's own control: the code that runs in stiled, in simulated time.
class ControlledPrice : public PriceLoop {
 public:
  ControlledPrice(const EffortOptions& options, const Door::Options& door);

  double PriceFor(std::uint32_t prefix, double now) override;
  void OnRedeemed(std::uint32_t prefix, double price, Puzzle puzzle, double now) override;
  void OnAnswer(std::uint64_t clearance, bool failed, double seconds, double now) override;
  void OnDesk(double share, double now) override;
  bool Offers(Puzzle puzzle, double now) override;
  double TakeTurn(double price, Puzzle puzzle, double now) override;
  bool AsksAgain(std::uint64_t clearance, double price, Puzzle puzzle, double now) override;

 private:
  [[nodiscard]] std::uint64_t EffortOf(Puzzle puzzle) const noexcept;

  Door::Options door_;
  std::shared_ptr<EffortTable> table_;
  std::unique_ptr<EffortControl> control_;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_CONTROLLED_PRICE_H_
