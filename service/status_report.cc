#include "service/status_report.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "engine/engine.h"
#include "service/budget_report.h"
#include "service/concat.h"
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

Problem ProblemOf(Degradation degradation) {
  const std::string reason(DegradationName(degradation));
  switch (degradation) {
    case Degradation::kLastGood:
      return {reason, "the files are wrong: what served last is served",
              "mend what `stile check` says, then `stile reload`"};
    case Degradation::kMinimalPolicy:
      return {reason, "a policy is wrong and nothing usable was recorded: everything is challenged",
              "mend what `stile check` says, then `stile reload`"};
    case Degradation::kKeys:
      return {reason,
              "the keys can't be used: temporary ones took their place, and visitors solve again",
              "restore the key file, then `stile reload`"};
    case Degradation::kGeo:
      return {reason, "a database of [geo] can't be used: countries or networks are unknown",
              "replace the file that `stile check` names, then `stile reload`"};
    case Degradation::kTables:
      return {reason,
              "this process counts apart from the others of this machine: its budgets, spends and "
              "revocations are its own",
              "mend what the log's tables-apart says, then restart"};
    case Degradation::kCertificates:
      return {reason, "a listener's certificate can't be used: it is left out, and TLS fails there",
              "mend what `stile check` says, then `stile reload`"};
    case Degradation::kSpendStore:
      return {reason,
              "the shared store of spends can't be asked, or refuses to write: on_store_error says "
              "what becomes of response tokens; clearances need no store",
              "start Redis, give it room, or mend the way to it"};
    case Degradation::kSpendContract:
      return {reason,
              "the shared store of spends is not set up as it must be, and isn't asked: "
              "on_store_error says what becomes of response tokens",
              "change in Redis what is named"};
    case Degradation::kBudgetMerge:
      return {
          reason,
          "budgets aren't merged with those of other nodes: this machine counts for itself, so a "
          "client has a budget on each",
          "start Redis, or mend the way to it"};
    case Degradation::kGenerationPinned:
      return {
          reason,
          "processes that served the files crashed: what served before is served until "
          "admission.pin_for is over",
          "change the files, then `stile reload`; `stile reload --force` takes them as they are"};
    case Degradation::kState:
      return {reason, "what is served can't be recorded: a start over broken files would fail",
              "make state.directory writable and see that the disk is not full, then "
              "`stile reload`"};
  }
  return {reason, "", ""};
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
                        "add what `stile keygen` prints to the key file, then `stile reload`"});
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
                        "renew it, then `stile reload`"});
  }
}

std::string SiteJson(const Engine& engine, std::size_t site, const Report& report) {
  const SiteOptions& options = engine.site_options(site);
  const Policy& policy = engine.policy(site);
  std::string json =
      Concat("{\"name\":", JsonString(options.name), ",\"mode\":\"", GateModeName(options.mode),
             "\",\"policy\":\"", policy.digest(), "\",\"rules\":", policy.rules().size());
  for (const SiteMode& mode : report.modes) {
    if (mode.site != options.name) continue;
    json += Concat(",\"configured_mode\":\"", GateModeName(mode.configured), "\"");
    if (!mode.override) break;
    json += Concat(
        ",\"override\":{\"mode\":\"", GateModeName(mode.override->mode),
        "\",\"by\":", JsonString(mode.override->by), ",\"since\":", Quoted(mode.override->since),
        ",\"until\":", mode.override->until ? Quoted(*mode.override->until) : "null", "}");
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

std::string ReloadJson(const Report& report) {
  std::vector<std::string> errors;
  for (const std::string& error : report.reload_errors) errors.push_back(JsonString(error));
  return Concat("{\"successful\":", report.reload_successful ? "true" : "false",
                ",\"at\":", Quoted(report.reload_at), ",\"errors\":", JsonArray(errors), "}");
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
                        "restart stiled; the service manager's watchdog does so by itself"});
  }
  for (const Degradation degradation : report.degradations) {
    problems.push_back(ProblemOf(degradation));
    AddStoreTrouble(report, degradation, problems.back());
  }
  // What a start found wrong is told above.
  if (!report.reload_successful && report.degradations.empty()) {
    problems.push_back({"reload", "the last reload was refused: what served before it is served",
                        report.reload_shrank
                            ? "see that the lists of the agents that its errors name are whole; if "
                              "they are what they should be, `stile reload --force`"
                        : report.admission.refused_at >= report.reload_at
                            ? "see what its errors and `admission` say that it would change; mend "
                              "that, then `stile reload`"
                            : "mend what `stile check` says, then `stile reload`"});
  }
  AddKeyProblems(report, now, problems);
  AddCertificateProblems(report, now, problems);
  return problems;
}

std::string StatusJson(const Metrics& metrics, EngineSlot& engines, UnixMillis now,
                       StatusReader reader) {
  const Report report = metrics.Tell();
  std::vector<std::string> sites;
  std::string budgets = "null";
  engines.Inspect([&](const Engine& engine, const std::vector<Worker*>&, const Counters&) {
    for (std::size_t i = 0; i < engine.site_count(); ++i) {
      sites.push_back(SiteJson(engine, i, report));
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
    problems.push_back(Concat("{\"reason\":", JsonString(problem.reason),
                              ",\"message\":", JsonString(problem.message),
                              ",\"do\":", JsonString(problem.advice), "}"));
  }
  std::vector<std::string> keys;
  for (const KeyValidity& key : report.keys) keys.push_back(KeyJson(key));
  std::vector<std::string> lists;
  for (const ListState& list : report.lists) lists.push_back(ListJson(list, now));
  return Concat("{\"version\":", JsonString(report.version), ",\"phase\":\"",
                PhaseName(metrics.phase()), "\",\"pid\":", ::getpid(),
                ",\"started\":", Quoted(report.started),
                ",\"uptime_seconds\":", (now - report.started).count() / 1000,
                ",\"generation\":", engines.generation(), ",\"connections\":", report.connections,
                ",\"loops\":", report.loops, ",\"loops_answering\":", report.loops_answering,
                ",\"degraded\":", JsonArray(degraded), ",\"problems\":", JsonArray(problems),
                ",\"last_reload\":", ReloadJson(report),
                ",\"admission\":", AdmissionJson(report.admission), ",\"sites\":", JsonArray(sites),
                ",\"keys\":", JsonArray(keys), ",\"lists\":", JsonArray(lists),
                ",\"budgets\":", budgets, ",\"spend_store\":", StoreJson(report.spend_store),
                ",\"budget_merge\":", StoreJson(report.budget_merge), "}\n");
}

}  // namespace stile
