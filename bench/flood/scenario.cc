#include "bench/flood/scenario.h"

#include <numeric>

namespace stile::bench {
namespace {

constexpr std::array<std::string_view, kBotKinds> kNames = {
    "plain", "solving", "stockpiling", "hoarding", "sharing", "slow", "bursting", "waiting"};
constexpr std::string_view kMixed = "mixed";
constexpr std::string_view kGpu = "solving-gpu";

// In percent, of "mixed".
constexpr std::array<std::uint32_t, kBotKinds> kMix = {40, 20, 10, 0, 10, 10, 5, 5};

}  // namespace

std::string_view NameOf(BotKind kind) noexcept { return kNames[static_cast<std::size_t>(kind)]; }

std::uint32_t Scenario::bot_count() const noexcept {
  return std::accumulate(bots.begin(), bots.end(), std::uint32_t{0});
}

std::vector<std::string> ScenarioNames() {
  std::vector<std::string> names(kNames.begin(), kNames.end());
  names.emplace_back(kGpu);
  names.emplace_back(kMixed);
  return names;
}

std::optional<Scenario> ScenarioOf(std::string_view name, std::uint32_t bots) {
  Scenario scenario;
  scenario.name = name;
  if (name == kMixed) {
    for (std::size_t i = 0; i < kBotKinds; ++i) scenario.bots[i] = bots / 100 * kMix[i];
    return scenario;
  }
  if (name == kGpu) {
    scenario.bots[static_cast<std::size_t>(BotKind::kSolving)] = bots;
    scenario.farm.gpus = 1;
    return scenario;
  }
  for (std::size_t i = 0; i < kBotKinds; ++i) {
    if (kNames[i] != name) continue;
    scenario.bots[i] = bots;
    return scenario;
  }
  return std::nullopt;
}

}  // namespace stile::bench
