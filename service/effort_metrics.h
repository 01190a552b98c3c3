#ifndef STILE_SERVICE_EFFORT_METRICS_H_
#define STILE_SERVICE_EFFORT_METRICS_H_

#include <string>
#include <utility>
#include <vector>

#include "challenge/unix_millis.h"
#include "engine/counters.h"
#include "engine/engine.h"
#include "service/metric_families.h"
#include "verifier/effort/effort_control.h"

namespace stile {

// What one site asks now.
struct SiteEffort {
  std::string site;
  EffortReading reading;
  // Of each level that offers a puzzle: what the first of them asks, in evaluations.
  std::vector<std::pair<std::string, double>> levels;
};

// Of every site of `engine`.
[[nodiscard]] std::vector<SiteEffort> EffortsOf(const Engine& engine, UnixMillis now);

// What metrics say of it.
void ShowEfforts(const std::vector<SiteEffort>& sites, const Counters& totals,
                 MetricFamilies& families);

// "as configured", or "250 % (pinned)" with what else there is to say, for a person.
[[nodiscard]] std::string EffortText(const EffortReading& reading);
// As a JSON object.
[[nodiscard]] std::string EffortJson(const EffortReading& reading);

}  // namespace stile

#endif  // STILE_SERVICE_EFFORT_METRICS_H_
