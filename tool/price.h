#ifndef STILE_TOOL_PRICE_H_
#define STILE_TOOL_PRICE_H_

#include <string>
#include <vector>

#include "tool/reference_rates.h"

namespace stile {

struct PriceOptions {
  std::string config;
  bool config_named = false;  // Else the built-in levels will do, if there is no configuration.
  std::string policy;         // One file instead of all of the configuration's.
  std::string level;          // Empty: all of them.
  // "PUZZLE=RATE", such as hashwx=1.9M, by SolverKind.
  std::vector<std::string> browser_rates;
  std::vector<std::string> native_rates;
  std::vector<std::string> gpu_rates;
  double slow_factor = kSlowFactor;
  double core_hour = kNativeHourDollars;
  double gpu_hour = kGpuHourDollars;
  bool measure = false;
  bool json = false;
};

// Prints what each level costs visitors and attackers, at the cheapest alternative and at each.
// Returns the exit status: 2 for what isn't an option and for files with mistakes.
[[nodiscard]] int RunPrice(const PriceOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_PRICE_H_
