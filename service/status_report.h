#ifndef STILE_SERVICE_STATUS_REPORT_H_
#define STILE_SERVICE_STATUS_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "challenge/unix_millis.h"
#include "engine/engine_slot.h"
#include "service/metrics.h"

namespace stile {

// Something that an operator should do something about.
struct Problem {
  std::string reason;   // The name that metrics use, such as "last-good".
  std::string message;  // What is so.
  std::string advice;   // What to do.
  std::string doing;    // What Stile does about it by itself.
  std::optional<UnixMillis> since;
  std::optional<std::uint64_t> requests;  // That it has touched since; nullopt: nobody counts.
};

// All that is wrong at `now`, the worst first.
[[nodiscard]] std::vector<Problem> ProblemsOf(const Metrics::Report& report, UnixMillis now);

// Who reads the state. Only an operator, who has the control socket, is told which clearances and
// which addresses take most.
enum class StatusReader : std::uint8_t { kAnyone = 0, kOperator = 1 };

// The orders about modes as a JSON array, the latest last.
[[nodiscard]] std::string OverridesJson(const std::vector<ToldOverride>& orders);

// The whole state as JSON, what /status answers on either listener. Any thread.
[[nodiscard]] std::string StatusJson(const Metrics& metrics, EngineSlot& engines, UnixMillis now,
                                     StatusReader reader);

}  // namespace stile

#endif  // STILE_SERVICE_STATUS_REPORT_H_
