#ifndef STILE_BENCH_FLOOD_SOLVER_FARM_H_
#define STILE_BENCH_FLOOD_SOLVER_FARM_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "bench/flood/dice.h"
#include "bench/flood/door.h"

namespace stile::bench {

// The machines on which an attacker solves challenges for all of his bots, first come first
// served. A challenge is fetched when its turn comes, at the price of then. Each core takes the
// puzzle that is cheaper for it while it is offered and within its limits; a GPU does sha256
// alone.
class SolverFarm {
 public:
  struct Options {
    double cores = 8;
    double gpus = 0;
    double hashwx_rate = 1.89e6;  // Evaluations a second of a core that compiles the functions.
    double sha256_rate = 87.5e6;  // Of a core with AVX-512.
    double gpu_sha256_rate = 22e9;
    double eur_per_core_hour = 0.04;
    double eur_per_gpu_hour = 0.35;
  };
  struct Job {
    std::uint32_t bot = 0;
    std::uint32_t prefix = 0;
    bool hashwx_only = false;
  };
  struct Solved {
    std::uint32_t bot = 0;
    Door::Challenge challenge;
    Puzzle puzzle = Puzzle::kNone;
  };
  struct Bill {
    double core_seconds = 0;
    double gpu_seconds = 0;
    std::uint64_t solved = 0;
    double eur = 0;
  };

  SolverFarm(const Options& options, Door& door, PriceLoop& loop, Dice& dice)
      : options_(options), door_(door), loop_(loop), dice_(dice) {}

  void Enqueue(const Job& job) { queue_.push_back(job); }
  [[nodiscard]] std::size_t queued() const noexcept { return queue_.size(); }

  // Works from `now` - `seconds` until `now`, and returns what has become ready. The result is
  // good until the next call. `wants` is asked when a bot's turn comes; one that says no has lost
  // its place.
  [[nodiscard]] const std::vector<Solved>& Work(double seconds, double now,
                                                const std::function<bool(std::uint32_t)>& wants);

  // True: the farm does no sha256.
  void set_avoids_sha256(bool avoids) noexcept { avoids_sha256_ = avoids; }

  [[nodiscard]] Bill bill() const noexcept;

 private:
  // All cores, or all GPUs, which work on one challenge after the other.
  struct Machines {
    double left = 0;  // Seconds of one machine until the challenge at hand is solved.
    bool busy = false;
    Solved at_hand;
    double used = 0;  // Seconds of one machine so far.
  };

  void WorkOn(Machines& machines, double count, double seconds, double now, bool gpu,
              const std::function<bool(std::uint32_t)>& wants);
  [[nodiscard]] bool Begin(Machines& machines, double now, bool gpu,
                           const std::function<bool(std::uint32_t)>& wants);
  [[nodiscard]] double SecondsFor(const Door::Challenge& challenge, Puzzle puzzle, bool gpu);

  Options options_;
  Door& door_;
  PriceLoop& loop_;
  Dice& dice_;
  std::deque<Job> queue_;
  std::vector<Solved> ready_;
  Machines cores_;
  Machines gpus_;
  bool avoids_sha256_ = false;
  std::uint64_t solved_ = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_SOLVER_FARM_H_
