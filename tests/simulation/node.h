#ifndef STILE_TESTS_SIMULATION_NODE_H_
#define STILE_TESTS_SIMULATION_NODE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "challenge/unix_millis.h"
#include "tests/simulation/store_courier.h"
#include "tests/simulation/world.h"
#include "verifier/local_spends.h"
#include "verifier/spend_store.h"

namespace stile::simulation {

// One machine that hands out response tokens and answers siteverify, as the engine does: the real
// codec and check, and the real spends in its memory or, through its courier, in the store.
class Node {
 public:
  using Answered = std::function<void(const SpendAnswer&)>;

  Node(World& world, std::size_t index, std::int64_t clock_ahead);

  // Another boot, with memory of zeros; or, if its memory outlived the process, the same.
  void Start(bool memory_is_kept);
  void Kill();
  [[nodiscard]] bool up() const noexcept { return up_; }

  [[nodiscard]] UnixMillis Now() const;
  void MoveClock(std::int64_t by_ms) noexcept { clock_ahead_ += by_ms; }
  void SetKeyStep(std::size_t step) noexcept { key_step_ = step; }

  // Whether a token was given.
  [[nodiscard]] bool Issue(std::string& text, SpendGrant& grant);
  // `attempt` is the idempotency key; empty: none. Never called back if the node dies meanwhile.
  void Siteverify(const std::string& text, const std::string& attempt, Answered answered);
  void Tick();

  [[nodiscard]] std::size_t most_waiting() const noexcept;

 private:
  void MakeSpends(bool memory_is_kept);
  [[nodiscard]] SpendAnswer SpendText(const std::string& text);

  World& world_;
  std::size_t index_;
  std::int64_t clock_ahead_;
  std::size_t key_step_ = 0;
  bool up_ = false;
  std::uint64_t boot_ = 0;
  std::vector<std::uint64_t> memory_;
  std::shared_ptr<LocalSpends> spends_;
  std::unique_ptr<StoreCourier> courier_;
  std::size_t most_waiting_ = 0;
  std::set<std::string> texts_;  // Only a mutant's.
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_NODE_H_
