#ifndef STILE_BENCH_FLOOD_SCENARIO_H_
#define STILE_BENCH_FLOOD_SCENARIO_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/flood/door.h"
#include "bench/flood/origin_model.h"
#include "bench/flood/solver_farm.h"

namespace stile::bench {

// What a bot does to get in.
enum class BotKind : std::uint8_t {
  kPlain,        // Asks, and never solves.
  kSolving,      // Solves once the attack begins, and again when its budget is spent.
  kStockpiling,  // Solves in quiet times, and redeems all of it when the attack begins.
  kHoarding,     // Redeems in quiet times too, below what would move the price, and keeps it.
  kSharing,      // Ten of one prefix share a clearance.
  kSlow,         // Comes some time in the attack, and asks seldom.
  kBursting,     // Solves while it pauses, and redeems and asks all at once.
  kWaiting,      // Earns clearances by waiting.
};
inline constexpr std::size_t kBotKinds = 8;
[[nodiscard]] std::string_view NameOf(BotKind kind) noexcept;

// Quiet, attack, quiet, in simulated seconds.
struct Phases {
  double quiet = 600;
  double attack = 420;
  double after = 300;

  [[nodiscard]] double attack_ends() const noexcept { return quiet + attack; }
  [[nodiscard]] double ends() const noexcept { return quiet + attack + after; }
};

struct Scenario {
  std::string name;
  std::uint64_t seed = 1;
  double tick = 0.25;  // Seconds.
  Phases phases;
  std::uint32_t visitors = 1'000;
  std::array<std::uint32_t, kBotKinds> bots{};
  std::uint32_t bots_per_prefix = 4;
  double admissions = 5;  // Clearances a second that the origin can bear, as configured.
  SolverFarm::Options farm;
  Door::Options door;
  OriginModel::Options origin;

  [[nodiscard]] std::uint32_t bot_count() const noexcept;
};

// The scenarios of docs/effort.md with `bots` bots: each kind alone, all kinds but hoarding
// together ("mixed"), and a solver who has a GPU.
[[nodiscard]] std::vector<std::string> ScenarioNames();
[[nodiscard]] std::optional<Scenario> ScenarioOf(std::string_view name, std::uint32_t bots);

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_SCENARIO_H_
