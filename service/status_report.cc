#include "service/status_report.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "engine/engine.h"
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
    case Degradation::kCertificates:
      return {reason, "a listener's certificate can't be used: it is left out, and TLS fails there",
              "mend what `stile check` says, then `stile reload`"};
    case Degradation::kState:
      return {reason, "what is served can't be recorded: a start over broken files would fail",
              "make state.directory writable and see that the disk is not full, then "
              "`stile reload`"};
  }
  return {reason, "", ""};
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
  }
  // What a start found wrong is told above.
  if (!report.reload_successful && report.degradations.empty()) {
    problems.push_back({"reload", "the last reload was refused: what served before it is served",
                        report.reload_shrank
                            ? "see that the lists of the agents that its errors name are whole; if "
                              "they are what they should be, `stile reload --force`"
                            : "mend what `stile check` says, then `stile reload`"});
  }
  AddKeyProblems(report, now, problems);
  AddCertificateProblems(report, now, problems);
  return problems;
}

std::string StatusJson(const Metrics& metrics, EngineSlot& engines, UnixMillis now) {
  const Report report = metrics.Tell();
  std::vector<std::string> sites;
  engines.Inspect([&](const Engine& engine, const std::vector<Worker*>&, const Counters&) {
    for (std::size_t i = 0; i < engine.site_count(); ++i) {
      sites.push_back(SiteJson(engine, i, report));
    }
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
                ",\"last_reload\":", ReloadJson(report), ",\"sites\":", JsonArray(sites),
                ",\"keys\":", JsonArray(keys), ",\"lists\":", JsonArray(lists), "}\n");
}

}  // namespace stile
