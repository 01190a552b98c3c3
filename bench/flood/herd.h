#ifndef STILE_BENCH_FLOOD_HERD_H_
#define STILE_BENCH_FLOOD_HERD_H_

#include <array>
#include <cstdint>
#include <vector>

#include "bench/flood/dice.h"
#include "bench/flood/door.h"
#include "bench/flood/scenario.h"
#include "bench/flood/solver_farm.h"

namespace stile::bench {

// All bots of one attacker, who know when the attack begins.
class Herd {
 public:
  // `prefixes` from 0 on are theirs.
  Herd(const Scenario& scenario, std::uint32_t prefixes, Door& door, PriceLoop& loop,
       SolverFarm& farm, Dice& dice);

  // What happens from `now` - `seconds` until `now`. Returns how many of their requests reach the
  // origin.
  [[nodiscard]] double Step(double seconds, double now);

  // Clearances with which requests were made in the last step.
  [[nodiscard]] const std::vector<std::uint64_t>& active() const noexcept { return active_; }
  [[nodiscard]] std::uint64_t clearances() const noexcept { return clearances_; }
  [[nodiscard]] double passed() const noexcept { return passed_; }

 private:
  // A bot, or ten that share.
  struct Bot {
    enum class Stage : std::uint8_t { kIdle, kQueued, kSolved };

    BotKind kind = BotKind::kPlain;
    Stage stage = Stage::kIdle;
    bool listed = false;            // In cleared_.
    Puzzle puzzle = Puzzle::kNone;  // Of its solution.
    std::uint32_t prefix = 0;
    double comes = 0;  // When it joins the attack.
    Door::Challenge challenge;
    Door::Clearance clearance;
  };

  void StartSolving(std::uint32_t number, double now);
  void RedeemReady(double now);
  // Returns when to try again, if it has to.
  double TryRedeem(std::uint32_t number, double now);
  [[nodiscard]] double AskAll(double seconds, double now);
  [[nodiscard]] bool InAttack(double now) const noexcept;
  [[nodiscard]] bool InBurst(double now) const noexcept;
  [[nodiscard]] bool MayStart(BotKind kind, double now) const;
  void StartIdle(double now);
  void Rest(std::uint32_t number);
  [[nodiscard]] bool StillWants(std::uint32_t number, double now);
  [[nodiscard]] double RedeemsFrom(const Bot& bot, double now) const noexcept;
  [[nodiscard]] double RateOf(const Bot& bot, double now) const noexcept;

  Phases phases_;
  Door& door_;
  PriceLoop& loop_;
  SolverFarm& farm_;
  double plain_ = 0;       // Bots that never solve.
  std::vector<Bot> bots_;  // The others.
  // By kind; those who come last are first in theirs.
  std::array<std::vector<std::uint32_t>, kBotKinds> idle_;
  // Those with a solution in hand, and when to try it.
  struct InHand {
    std::uint32_t bot = 0;
    double redeem_from = 0;
  };
  std::vector<InHand> solved_;
  std::vector<std::uint32_t> cleared_;  // Those that make requests.
  std::vector<std::uint64_t> active_;
  TokenBucket hoard_;  // How fast hoarders redeem.
  std::uint64_t clearances_ = 0;
  double passed_ = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_HERD_H_
