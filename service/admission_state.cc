#include "service/admission_state.h"

#include <prometheus/client_metric.h>

#include <cstdio>

#include "challenge/concat.h"
#include "service/log.h"
#include "service/utc_text.h"

namespace stile {
namespace {

using prometheus::MetricType;

std::string TimeJson(UnixMillis time) {
  return time.value == 0 ? "null" : Concat("\"", UtcText(time), "\"");
}

std::string ListJson(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts)
    json += Concat(json.size() > 1 ? "," : "", JsonString(text));
  return json + "]";
}

}  // namespace

std::string PercentNumber(double share) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%g", share * 100);
  return {text.data(), static_cast<std::size_t>(size)};
}

void ShowAdmission(const AdmissionState& state, MetricFamilies& families) {
  auto& info =
      families.Add("config_info", "The digest of the files that are served", MetricType::Gauge);
  MetricFamilies::AddGauge(info, {{"digest", state.digest}}, 1);
  auto& good = families.Add("last_good_info", "The digest of the latest files that proved good",
                            MetricType::Gauge);
  if (!state.last_good.empty()) MetricFamilies::AddGauge(good, {{"digest", state.last_good}}, 1);
  families.Gauge("admission_soaking", "1 while what is served has yet to prove good",
                 state.soaking ? 1 : 0);
  families.Gauge("admission_trial_share",
                 "Share of the clients with a clearance that a candidate on trial serves",
                 state.trial.empty() ? 0 : state.trial_share);
  auto& trials =
      families.Add("admission_trials_total", "Trials that ended, by how", MetricType::Counter);
  constexpr std::array<std::string_view, 3> kOutcomes = {"passed", "rolled-back", "dropped"};
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    MetricFamilies::AddCount(trials, {{"outcome", kOutcomes[i]}}, state.trials[i]);
  }
  auto& refused =
      families.Add("admission_last_refusal_timestamp_seconds",
                   "When a candidate was refused last, by the reason", MetricType::Gauge);
  if (state.refused_at.value != 0) {
    MetricFamilies::AddGauge(refused, {{"reason", AdmissionRefusalName(state.refusal)}},
                             static_cast<double>(state.refused_at.value) / 1000);
  }
  auto& decided =
      families.Add("admission_shadow_requests",
                   "Sampled requests that a rule of the last candidate decides", MetricType::Gauge);
  auto& changed =
      families.Add("admission_shadow_changes",
                   "Of those, how many what was served decides otherwise", MetricType::Gauge);
  for (const RuleShift& rule : state.verdict.rules) {
    MetricFamilies::AddGauge(decided, {{"site", rule.site}, {"rule", rule.rule}},
                             static_cast<double>(rule.requests));
    MetricFamilies::AddGauge(changed, {{"site", rule.site}, {"rule", rule.rule}},
                             static_cast<double>(rule.changed));
  }
}

std::string AdmissionJson(const AdmissionState& state) {
  const AdmissionVerdict& verdict = state.verdict;
  const bool judged = verdict.refusal != AdmissionRefusal::kNotJudged;
  std::string last = "null";
  if (judged) {
    std::vector<std::string> errors;
    for (const Error& error : verdict.errors) errors.push_back(ToString(error));
    last = Concat("{\"at\":", TimeJson(state.judged_at),
                  ",\"admitted\":", verdict.admitted() ? "true" : "false",
                  ",\"forced\":", verdict.forced ? "true" : "false", ",\"refusal\":\"",
                  AdmissionRefusalName(verdict.refusal),
                  "\",\"candidate\":", JsonString(verdict.candidate),
                  ",\"serving\":", JsonString(verdict.serving), ",\"errors\":", ListJson(errors),
                  ",\"shift\":", ListJson(DescribeShift(verdict)), "}");
  }
  return Concat("{\"digest\":", JsonString(state.digest),
                ",\"last_good\":", state.last_good.empty() ? "null" : JsonString(state.last_good),
                ",\"soaking\":", state.soaking ? "true" : "false",
                ",\"soaks_until\":", TimeJson(state.soaking ? state.soaks_until : UnixMillis{}),
                ",\"trial\":", state.trial.empty() ? "null" : JsonString(state.trial),
                ",\"trial_percent\":", PercentNumber(state.trial.empty() ? 0 : state.trial_share),
                ",\"pinned_until\":", TimeJson(state.pinned_until), ",\"last\":", last, "}");
}

}  // namespace stile
