#ifndef STILE_ENGINE_CONFIG_TABLE_SIZES_H_
#define STILE_ENGINE_CONFIG_TABLE_SIZES_H_

#include "engine/config/engine_config.h"
#include "verifier/tables/tables.h"

namespace stile {

// The sizes of the tables of `config`: the same for every process that is given the same file, so
// that they can share the tables.
[[nodiscard]] inline TableSizes TableSizesOf(const EngineConfig& config) noexcept {
  TableSizes sizes;
  sizes.clearances = config.budget_sizes.clearances;
  sizes.cleared_prefixes = config.budget_sizes.cleared_prefixes;
  sizes.uncleared_prefixes = config.budget_sizes.uncleared_prefixes;
  sizes.uncleared_rings = config.budget_sizes.uncleared_rings;
  sizes.tokens = config.spend_sizes.tokens;
  sizes.attempts = config.spend_sizes.attempts;
  sizes.untold = config.budget_merge.untold();
  return sizes;
}

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_TABLE_SIZES_H_
