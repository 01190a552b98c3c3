#include "verifier/policy/text/threshold_table.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "verifier/policy/mistake/matcher_mistake.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 3> kThresholdKeys = {"at", "action", "level"};

}  // namespace

std::vector<Threshold> ReadThresholds(const toml::array& thresholds, DecisionReader& decisions,
                                      FileErrors& errors) {
  std::vector<Threshold> read;
  for (const toml::node& node : thresholds) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      errors.Add(PlaceOf(node), "a threshold is a table: begin it with [[threshold]]");
      continue;
    }
    TableReader reader(*table, "a threshold", kThresholdKeys, errors);
    const Decision decision = decisions.Read(*table, reader, "a threshold", false);
    const auto at = reader.SignedInteger("at", -kMaxThreshold, kMaxThreshold);
    if (!reader.Has("at")) {
      errors.Add(PlaceOf(*table), "a threshold needs the sum at which it begins, such as at = 10");
    }
    if (!at) continue;
    read.push_back({static_cast<std::int32_t>(*at), decision.action, decision.rank});
    if (auto mistake = MistakeInThreshold(read, read.size() - 1)) {
      errors.Add(PlaceOf(*table), mistake->code, std::move(mistake->message));
      if (read.size() > kMaxThresholds) break;
    }
  }
  return read;
}

}  // namespace stile
