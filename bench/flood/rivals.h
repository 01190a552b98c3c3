#ifndef STILE_BENCH_FLOOD_RIVALS_H_
#define STILE_BENCH_FLOOD_RIVALS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/flood/price_loop.h"
#include "bench/flood/scenario.h"

namespace stile::bench {

// The ways to set a price that are compared.
[[nodiscard]] std::vector<std::string> RivalNames();

// Null if none has this name. May change the door of `scenario`.
[[nodiscard]] std::unique_ptr<PriceLoop> MakeRival(std::string_view name, Scenario& scenario);

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_RIVALS_H_
