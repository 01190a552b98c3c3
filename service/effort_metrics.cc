#include "service/effort_metrics.h"

#include <cmath>
#include <cstddef>
#include <string_view>

#include <prometheus/metric_type.h>

#include "challenge/concat.h"
#include "challenge/puzzle/puzzle.h"
#include "verifier/level.h"
#include "verifier/policy/policy.h"

namespace stile {
namespace {

using prometheus::MetricType;

// A share as whole percent.
int PercentOf(double share) { return static_cast<int>(std::lround(share * 100)); }

}  // namespace

std::vector<SiteEffort> EffortsOf(const Engine& engine, UnixMillis now) {
  std::vector<SiteEffort> sites;
  for (std::size_t i = 0; i < engine.site_count(); ++i) {
    SiteEffort site{engine.site_options(i).name, engine.ReadEffort(i, now), {}};
    for (const Level& level : engine.policy(i).levels()) {
      const bool asks_puzzle =
          level.alternative_count > 0 && level.alternatives.front().puzzle != Puzzle::kWait;
      if (!asks_puzzle) continue;
      site.levels.emplace_back(level.name, static_cast<double>(engine.EffortOf(i, level, now)));
    }
    sites.push_back(std::move(site));
  }
  return sites;
}

void ShowEfforts(const std::vector<SiteEffort>& sites, const Counters& totals,
                 MetricFamilies& families) {
  auto& effort = families.Add("effort", "Evaluations that the first puzzle of a level asks now",
                              MetricType::Gauge);
  for (const SiteEffort& site : sites) {
    for (const auto& [level, evaluations] : site.levels) {
      MetricFamilies::AddGauge(effort, {{"site", site.site}, {"level", level}}, evaluations);
    }
  }
  const auto show = [&](std::string_view name, std::string_view help, auto value_of) {
    auto& family = families.Add(name, help, MetricType::Gauge);
    for (const SiteEffort& site : sites) {
      MetricFamilies::AddGauge(family, {{"site", site.site}},
                               static_cast<double>(value_of(site.reading)));
    }
  };
  show("effort_price", "Percent of what is configured that is asked now",
       [](const EffortReading& reading) { return reading.price; });
  show("effort_trouble",
       "Share of cleared visitors whom the origin fails though it usually doesn't",
       [](const EffortReading& reading) { return reading.trouble; });
  show("effort_demand", "New clearances a second, of those that count",
       [](const EffortReading& reading) { return reading.demand; });
  show("effort_capacity", "New clearances a second that the origin can bear; 0: not known",
       [](const EffortReading& reading) { return reading.capacity; });
  show("effort_held_share", "Share of held clearances that must have proven more",
       [](const EffortReading& reading) { return reading.held_share; });
  show("effort_quiet", "1 while clients pass unasked",
       [](const EffortReading& reading) { return reading.quiet ? 1 : 0; });
  families.Count("effort_unasked_total", "Requests that passed unasked in quiet times",
                 totals.passed_unasked.Get());
  families.Count("effort_held_asked_total", "Requests whose clearance had to prove more",
                 totals.held_asked.Get());
}

std::string EffortText(const EffortReading& reading) {
  std::string text = reading.price == kConfiguredPrice ? std::string("as configured")
                                                       : Concat(reading.price, " %");
  if (reading.pin != 0) text += " (pinned)";
  if (reading.quiet) text = "nothing: it is quiet";
  if (reading.trouble > 0) {
    text += Concat("; the origin fails ", PercentOf(reading.trouble), " % of those who are in");
  }
  if (reading.held_share > 0) {
    text += Concat("; ", PercentOf(reading.held_share), " % of old clearances must prove more");
  }
  return text;
}

std::string EffortJson(const EffortReading& reading) {
  return Concat("{\"price\":", reading.price, ",\"pinned\":", reading.pin != 0 ? "true" : "false",
                ",\"quiet\":", reading.quiet ? "true" : "false",
                ",\"trouble_percent\":", PercentOf(reading.trouble),
                ",\"queue_percent\":", PercentOf(reading.queue),
                ",\"demand_per_minute\":", std::llround(reading.demand * 60),
                ",\"capacity_per_minute\":", std::llround(reading.capacity * 60),
                ",\"held_percent\":", PercentOf(reading.held_share), "}");
}

}  // namespace stile
