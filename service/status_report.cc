#include "service/status_report.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "challenge/concat.h"
#include "engine/engine.h"
#include "service/budget_report.h"
#include "service/effort_metrics.h"
#include "service/log.h"
#include "service/mode_overrides.h"
#include "service/utc_text.h"

namespace stile {
namespace {

using Report = Metrics::Report;

constexpr std::chrono::hours kKeyWarning{7 * 24};

std::string Quoted(UnixMillis time) { return Concat("\"", UtcText(time), "\""); }

std::string JsonArray(const std::vector<std::string>& elements) {
  std::string json = "[";
  for (const std::string& element : elements) {
    if (json.size() > 1) json += ',';
    json += element;
  }
  return json + "]";
}

Problem ProblemOf(Degradation degradation, const DegradedPeriod& period) {
  const DegradationText& text = TextOf(degradation);
  Problem problem{std::string(text.name),
                  std::string(text.message),
                  std::string(text.advice),
                  std::string(text.doing),
                  period.since,
                  period.requests};
  if (text.touched == Touched::kNone) problem.requests.reset();
  return problem;
}

// A problem of the store says what is the matter with it, if that isn't over already.
void AddStoreTrouble(const Report& report, Degradation degradation, Problem& problem) {
  const bool is_of_store =
      degradation == Degradation::kSpendStore || degradation == Degradation::kSpendContract;
  const bool is_of_merge = degradation == Degradation::kBudgetMerge;
  if (!is_of_store && !is_of_merge) return;
  const std::optional<RedisTrouble>& trouble =
      is_of_merge ? report.budget_merge : report.spend_store;
  if (!trouble || trouble->why.empty()) return;
  problem.message += Concat(". Since ", UtcText(trouble->since), ": ", trouble->why);
}

void AddKeyProblems(const Report& report, UnixMillis now, std::vector<Problem>& problems) {
  std::map<std::string, bool> lasts;  // By site: any of its keys does.
  for (const auto& [site, key] : report.keys) {
    bool& any = lasts[site];
    any = any || key.verify_until.value == INT64_MAX || key.verify_until - now > kKeyWarning;
  }
  for (const auto& [site, any] : lasts) {
    if (any) continue;
    const std::string of_site = site.empty() ? "" : Concat(" of site \"", site, "\"");
    problems.push_back({"key-expiry", Concat("every key", of_site, " ends within 7 days"),
                        "add what `stile keygen` prints to the key file, then `stile reload`",
                        "it signs and verifies with them until then", std::nullopt, std::nullopt});
  }
}

void AddCertificateProblems(const Report& report, UnixMillis now, std::vector<Problem>& problems) {
  std::set<std::string_view> told;
  for (const CertificateState& certificate : report.certificates) {
    if (certificate.not_after - now > kKeyWarning || !told.insert(certificate.file).second) {
      continue;
    }
    problems.push_back({"certificate-expiry",
                        Concat("the certificate ", certificate.file, " expires on ",
                               UtcText(certificate.not_after)),
                        "renew it, then `stile reload`", "it is used until then and after",
                        std::nullopt, std::nullopt});
  }
}

std::string OverrideJson(const ModeOverride& order, std::string_view waits) {
  return Concat("{\"site\":", JsonString(order.site.empty() ? "*" : order.site),
                ",\"rule\":", order.rule.empty() ? "null" : JsonString(order.rule), ",\"mode\":\"",
                ModeWord(order.mode), "\",\"by\":", JsonString(order.by), ",\"source\":\"",
                ModeSourceName(order.source), "\",\"since\":", Quoted(order.since),
                ",\"until\":", order.until ? Quoted(*order.until) : "null",
                ",\"waits\":", waits.empty() ? "null" : JsonString(waits), "}");
}

std::string SiteJson(const Engine& engine, std::size_t site, const Report& report, UnixMillis now) {
  const SiteOptions& options = engine.site_options(site);
  const Policy& policy = engine.policy(site);
  std::string json = Concat("{\"name\":", JsonString(options.name), ",\"mode\":\"",
                            GateModeName(engine.switches(site).mode()), "\",\"policy\":\"",
                            policy.digest(), "\",\"rules\":", policy.rules().size(),
                            ",\"effort\":", EffortJson(engine.ReadEffort(site, now)));
  for (const SiteMode& mode : report.modes) {
    if (mode.site != options.name) continue;
    json += Concat(",\"configured_mode\":\"", GateModeName(mode.configured), "\"");
    if (mode.override) json += Concat(",\"override\":", OverrideJson(*mode.override, ""));
    break;
  }
  return json + "}";
}

std::string KeyJson(const KeyValidity& validity) {
  const KeyRing::Validity& key = validity.key;
  return Concat(
      "{\"id\":", static_cast<int>(key.id), ",\"sign_from\":", Quoted(key.sign_from),
      ",\"verify_until\":", key.verify_until.value == INT64_MAX ? "null" : Quoted(key.verify_until),
      ",\"site\":", validity.site.empty() ? "null" : JsonString(validity.site), "}");
}

std::string ListJson(const ListState& list, UnixMillis now) {
  std::string json = Concat("{\"name\":", JsonString(list.name), ",\"ranges\":", list.ranges,
                            ",\"shipped\":", list.shipped ? "true" : "false");
  if (!list.created) return Concat(json, ",\"created\":null,\"age_days\":null}");
  constexpr std::int64_t kDay = 86'400'000;
  return Concat(json, ",\"created\":", Quoted(*list.created),
                ",\"age_days\":", std::max<std::int64_t>(0, (now - *list.created).count() / kDay),
                "}");
}

std::string ErrorsJson(const std::vector<std::string>& errors) {
  std::vector<std::string> texts;
  for (const std::string& error : errors) texts.push_back(JsonString(error));
  return JsonArray(texts);
}

std::string ReloadJson(const Report& report) {
  return Concat("{\"successful\":", report.reload_successful ? "true" : "false",
                ",\"at\":", Quoted(report.reload_at),
                ",\"errors\":", ErrorsJson(report.reload_errors), "}");
}

std::string RefusalJson(const Report& report) {
  if (!report.refused_at) return "null";
  return Concat("{\"at\":", Quoted(*report.refused_at),
                ",\"errors\":", ErrorsJson(report.refusal_errors), "}");
}

std::string LoadJson(const Metrics::LoadReport& load) {
  return Concat("{\"loops_overloaded\":", load.overloaded,
                ",\"worst_late_ms\":", load.worst_late.count(), ",\"shed\":", load.shed, "}");
}

std::string StoreJson(const std::optional<RedisTrouble>& trouble) {
  if (!trouble) return "null";
  if (trouble->why.empty()) return "{\"up\":true,\"why\":null,\"since\":null}";
  return Concat("{\"up\":", trouble->up ? "true" : "false", ",\"why\":", JsonString(trouble->why),
                ",\"since\":", Quoted(trouble->since), "}");
}

}  // namespace

std::vector<Problem> ProblemsOf(const Report& report, UnixMillis now) {
  std::vector<Problem> problems;
  if (report.loops_answering < report.loops) {
    problems.push_back({"loops",
                        Concat(report.loops - report.loops_answering, " of ", report.loops,
                               " event loops don't answer"),
                        "restart stiled; the service manager's watchdog does so by itself",
                        "the other loops serve on; who is with these waits", std::nullopt,
                        std::nullopt});
  }
  for (std::size_t i = 0; i < report.degradations.size(); ++i) {
    problems.push_back(ProblemOf(report.degradations[i], report.periods[i]));
    AddStoreTrouble(report, report.degradations[i], problems.back());
  }
  // What the start found wrong is told above, where it left something out for it.
  const bool is_told = report.reload_at == report.started && !report.degradations.empty();
  if (!report.reload_successful && !is_told) {
    problems.push_back({"reload", "the last reload was refused",
                        report.reload_shrank
                            ? "see that the files that its errors name are whole; if they are what "
                              "they should be, `stile reload --force`"
                        : report.admission.refused_at >= report.reload_at
                            ? "see what its errors and `admission` say that it would change; mend "
                              "that, then `stile reload`"
                            : "mend what `stile check` says, then `stile reload`",
                        "what served before it is served", report.refused_at, std::nullopt});
  }
  AddKeyProblems(report, now, problems);
  AddCertificateProblems(report, now, problems);
  return problems;
}

std::string OverridesJson(const std::vector<ToldOverride>& orders) {
  std::vector<std::string> all;
  all.reserve(orders.size());
  for (const ToldOverride& told : orders) all.push_back(OverrideJson(told.order, told.waits));
  return JsonArray(all);
}

std::string StatusJson(const Metrics& metrics, EngineSlot& engines, UnixMillis now,
                       StatusReader reader) {
  const Report report = metrics.Tell();
  std::vector<std::string> sites;
  std::string budgets = "null";
  engines.Inspect([&](const Engine& engine, const std::vector<Worker*>&, const Counters&) {
    for (std::size_t i = 0; i < engine.site_count(); ++i) {
      sites.push_back(SiteJson(engine, i, report, now));
    }
    if (report.budgets == nullptr) return;
    const bool with_heaviest = reader == StatusReader::kOperator;
    budgets = BudgetsJson(*report.budgets, engine, now, with_heaviest);
  });
  std::vector<std::string> degraded;
  for (const Degradation degradation : report.degradations) {
    degraded.push_back(JsonString(DegradationName(degradation)));
  }
  std::vector<std::string> problems;
  for (const Problem& problem : ProblemsOf(report, now)) {
    problems.push_back(Concat(
        "{\"reason\":", JsonString(problem.reason), ",\"message\":", JsonString(problem.message),
        ",\"since\":", problem.since ? Quoted(*problem.since) : "null",
        ",\"requests\":", problem.requests ? Concat(*problem.requests) : "null",
        ",\"doing\":", JsonString(problem.doing), ",\"do\":", JsonString(problem.advice), "}"));
  }
  std::vector<std::string> keys;
  for (const KeyValidity& key : report.keys) keys.push_back(KeyJson(key));
  std::vector<std::string> lists;
  for (const ListState& list : report.lists) lists.push_back(ListJson(list, now));
  return Concat(
      "{\"version\":", JsonString(report.version), ",\"phase\":\"", PhaseName(metrics.phase()),
      "\",\"pid\":", ::getpid(), ",\"started\":", Quoted(report.started),
      ",\"uptime_seconds\":", (now - report.started).count() / 1000,
      ",\"generation\":", engines.generation(), ",\"connections\":", report.connections,
      ",\"loops\":", report.loops, ",\"loops_answering\":", report.loops_answering,
      ",\"degraded\":", JsonArray(degraded), ",\"problems\":", JsonArray(problems),
      ",\"last_reload\":", ReloadJson(report), ",\"last_refusal\":", RefusalJson(report),
      ",\"files_at\":", Quoted(report.files_at), ",\"admission\":", AdmissionJson(report.admission),
      ",\"load\":", LoadJson(report.load), ",\"sites\":", JsonArray(sites),
      ",\"orders\":", OverridesJson(report.orders), ",\"keys\":", JsonArray(keys),
      ",\"lists\":", JsonArray(lists), ",\"budgets\":", budgets,
      ",\"spend_store\":", StoreJson(report.spend_store),
      ",\"budget_merge\":", StoreJson(report.budget_merge), "}\n");
}

}  // namespace stile
