#include "service/status_page.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "challenge/concat.h"
#include "engine/engine.h"
#include "service/budget_report.h"
#include "service/effort_metrics.h"
#include "service/html_text.h"
#include "service/mode_overrides.h"
#include "service/status_report.h"
#include "service/utc_text.h"

namespace stile {
namespace {

using Report = Metrics::Report;

// The policy names it by its hash: no other style counts, and no script does.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--back:#fff;--card:#f6f8fa;--bad:#b42318;--good:#116329}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--line:#3d444d;--back:#0d1117;--card:#161b22;--bad:#ff9a8f;--good:#6fdd8b}}
body{margin:0 auto;padding:1rem;max-width:62rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back)}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0 0 .5rem;color:var(--bad)}
.good{color:var(--good)}.bad{color:var(--bad)}.soft{color:var(--soft)}
.card{border:1px solid var(--line);border-left:.4rem solid var(--bad);background:var(--card);padding:.8rem 1rem;margin:0 0 1rem;border-radius:.3rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--soft)}
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line)}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}td code{white-space:nowrap}li{overflow-wrap:anywhere}
@media(max-width:38rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
)";

constexpr int kLeastRefresh = 2;
constexpr int kMostRefresh = 3'600;

std::string TimeHtml(UnixMillis time, UnixMillis now) {
  const std::string utc = UtcText(time);
  const bool is_past = time <= now;
  return Concat("<time datetime=\"", utc, "\">", utc, "</time> (",
                is_past ? SpanText(now - time) : Concat("in ", SpanText(time - now)),
                is_past ? " ago)" : ")");
}

void AddPair(std::string_view name, const std::string& html, std::string& page) {
  page += Concat("<dt>", name, "</dt><dd>", html, "</dd>\n");
}

void AddProblem(const Problem& problem, UnixMillis now, std::string& page) {
  page += Concat("<section class=card>\n<h3>", HtmlText(problem.reason), ": ",
                 HtmlText(problem.message), "</h3>\n<dl>\n");
  if (problem.since) AddPair("since", TimeHtml(*problem.since, now), page);
  if (problem.requests) AddPair("requests touched", Concat(*problem.requests), page);
  if (!problem.doing.empty()) AddPair("what Stile does", HtmlText(problem.doing), page);
  AddPair("what to do", HtmlText(problem.advice), page);
  page += "</dl>\n</section>\n";
}

// A table whose first column heads its row. Cells are HTML.
class Table {
 public:
  Table(std::string_view title, const std::vector<std::string_view>& columns, std::string& page)
      : page_(page) {
    page_ += Concat("<h2>", title, "</h2>\n<div class=wide tabindex=0><table>\n<tr>");
    for (const std::string_view column : columns) {
      page_ += Concat("<th scope=col>", column, "</th>");
    }
    page_ += "</tr>\n";
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() { page_ += "</table></div>\n"; }

  void Row(const std::vector<std::string>& cells) {
    page_ += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      page_ += Concat(i == 0 ? "<th scope=row>" : "<td>", cells[i], i == 0 ? "</th>" : "</td>");
    }
    page_ += "</tr>\n";
  }

 private:
  std::string& page_;
};

void AddErrors(const std::vector<std::string>& errors, std::string& page) {
  if (errors.empty()) return;
  page += "<ul>\n";
  for (const std::string& error : errors)
    page += Concat("<li><code>", HtmlText(error), "</code>\n");
  page += "</ul>\n";
}

void AddFiles(const Report& report, UnixMillis now, std::string& page) {
  page += "<h2>Files</h2>\n<dl>\n";
  AddPair("what is served was read", TimeHtml(report.files_at, now), page);
  const AdmissionState& admission = report.admission;
  if (!admission.digest.empty()) {
    AddPair("its digest", Concat("<code>", HtmlText(admission.digest), "</code>"), page);
    AddPair("recorded as good",
            admission.soaking                         ? "not yet: it has to serve for a while"
            : admission.last_good == admission.digest ? "yes"
                                                      : "no",
            page);
  }
  if (!admission.trial.empty()) {
    AddPair("on trial",
            Concat("<code>", HtmlText(admission.trial), "</code>, for ",
                   PercentNumber(admission.trial_share), " % of the clients with a clearance"),
            page);
  }
  AddPair("last reload, or the start",
          Concat(report.reload_successful ? "<span class=good>taken</span>, "
                                          : "<span class=bad>refused</span>, ",
                 TimeHtml(report.reload_at, now)),
          page);
  AddPair("last refusal", report.refused_at ? TimeHtml(*report.refused_at, now) : "never", page);
  page += "</dl>\n";
  AddErrors(report.refusal_errors, page);
}

std::string ModeHtml(const SiteMode* mode, UnixMillis now) {
  if (mode == nullptr || !mode->override) return "as configured";
  return Concat("by ", HtmlText(mode->override->by), " since ",
                TimeHtml(mode->override->since, now), ", until ",
                mode->override->until ? TimeHtml(*mode->override->until, now)
                                      : std::string("it is taken back"));
}

void AddOrders(const Report& report, UnixMillis now, std::string& page) {
  if (report.orders.empty()) return;
  Table table("Orders about modes", {"mode", "site", "rule", "by", "since", "until", "waits"},
              page);
  for (const auto& [order, waits] : report.orders) {
    table.Row({order.mode ? std::string(GateModeName(*order.mode)) : "as configured",
               order.site.empty() ? "all" : HtmlText(order.site), HtmlText(order.rule),
               HtmlText(order.by), TimeHtml(order.since, now),
               order.until ? TimeHtml(*order.until, now) : "it is taken back", HtmlText(waits)});
  }
}

void AddSites(const Report& report, EngineSlot& engines, UnixMillis now, std::string& page) {
  Table table("Sites", {"site", "mode", "set", "asks", "rules", "policy"}, page);
  engines.Inspect([&](const Engine& engine, const std::vector<Worker*>&, const Counters&) {
    for (std::size_t i = 0; i < engine.site_count(); ++i) {
      const std::string& name = engine.site_options(i).name;
      const auto found = std::find_if(report.modes.begin(), report.modes.end(),
                                      [&](const SiteMode& one) { return one.site == name; });
      const SiteMode* mode = found == report.modes.end() ? nullptr : &*found;
      const GateMode holds = mode == nullptr ? engine.site_options(i).mode : mode->effective();
      table.Row({HtmlText(name), std::string(GateModeName(holds)), ModeHtml(mode, now),
                 HtmlText(EffortText(engine.ReadEffort(i, now))),
                 Concat(engine.policy(i).rules().size()),
                 Concat("<code>", HtmlText(engine.policy(i).digest()), "</code>")});
    }
  });
}

void AddProcess(const Metrics& metrics, const Report& report, EngineSlot& engines, UnixMillis now,
                std::string& page) {
  page += "<h2>Process</h2>\n<dl>\n";
  AddPair("phase", std::string(PhaseName(metrics.phase())), page);
  AddPair("version", HtmlText(report.version), page);
  AddPair("started", TimeHtml(report.started, now), page);
  AddPair("generation", Concat(engines.generation()), page);
  AddPair("connections", Concat(report.connections), page);
  AddPair(
      "event loops",
      Concat(report.loops, ", of which ", report.loops_answering, " answer and ",
             report.load.overloaded, report.load.overloaded == 1 ? " is" : " are", " overloaded"),
      page);
  AddPair("latest loop", Concat(report.load.worst_late.count(), " ms in the last second"), page);
  page += "</dl>\n";
}

void AddExpiries(const Report& report, UnixMillis now, std::string& page) {
  if (!report.keys.empty()) {
    Table table("Keys", {"key", "site", "signs from", "verifies until"}, page);
    for (const auto& [site, key] : report.keys) {
      table.Row(
          {Concat(static_cast<int>(key.id)), site.empty() ? "all" : HtmlText(site),
           TimeHtml(key.sign_from, now),
           key.verify_until.value == INT64_MAX ? "for ever" : TimeHtml(key.verify_until, now)});
    }
  }
  if (!report.certificates.empty()) {
    Table table("Certificates", {"certificate", "listener", "expires"}, page);
    for (const CertificateState& certificate : report.certificates) {
      table.Row({Concat("<code>", HtmlText(certificate.file), "</code>"),
                 HtmlText(certificate.listener), TimeHtml(certificate.not_after, now)});
    }
  }
  if (!report.lists.empty()) {
    Table table("Lists", {"list", "ranges", "made"}, page);
    for (const ListState& list : report.lists) {
      table.Row({Concat("<code>", HtmlText(list.name), "</code>"), Concat(list.ranges),
                 list.created ? TimeHtml(*list.created, now) : "not said"});
    }
  }
}

std::string StyleHash() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(kStyle.data(), kStyle.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

std::string Title(const std::vector<Problem>& problems) {
  if (problems.empty()) return "Stile is well";
  return Concat("Stile serves, and has ", problems.size(),
                problems.size() == 1 ? " problem" : " problems");
}

}  // namespace

std::optional<int> RefreshOf(std::string_view query) {
  constexpr std::string_view kName = "refresh=";
  if (!query.starts_with(kName)) return std::nullopt;
  query.remove_prefix(kName.size());
  int seconds = 0;
  const auto [end, error] = std::from_chars(query.data(), query.data() + query.size(), seconds);
  if (error != std::errc() || end != query.data() + query.size()) return std::nullopt;
  if (seconds < kLeastRefresh || seconds > kMostRefresh) return std::nullopt;
  return seconds;
}

std::string SpanText(std::chrono::milliseconds span) {
  const std::int64_t seconds = span.count() / 1000;
  if (seconds < 60) return Concat(seconds, " s");
  if (seconds < 3'600) return Concat(seconds / 60, " min ", seconds % 60, " s");
  if (seconds < 86'400) return Concat(seconds / 3'600, " h ", seconds / 60 % 60, " min");
  return Concat(seconds / 86'400, " d ", seconds / 3'600 % 24, " h");
}

std::string_view StatusPageFields() {
  static const std::string kFields =
      Concat("Content-Security-Policy: default-src 'none'; style-src 'sha256-", StyleHash(),
             "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
             "Referrer-Policy: no-referrer\r\nVary: Accept\r\n");
  return kFields;
}

std::string StatusPage(const Metrics& metrics, EngineSlot& engines, UnixMillis now,
                       std::optional<int> refresh) {
  const Report report = metrics.Tell();
  const std::vector<Problem> problems = ProblemsOf(report, now);
  const std::string title = Title(problems);
  std::string page = Concat(
      "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
      "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n",
      refresh ? Concat("<meta http-equiv=refresh content=", *refresh, ">\n") : "", "<title>", title,
      "</title>\n<style>", kStyle,
      "</style>\n</head>\n<body>\n<main>\n<h1 class=", problems.empty() ? "good" : "bad", ">",
      title, "</h1>\n<p class=soft>As of ", UtcText(now),
      refresh ? Concat(", loaded again every ", *refresh, " s: <a href=\"/status\">stop</a>")
              : std::string(": <a href=\"/status?refresh=10\">load again every 10 s</a>"),
      ". <a href=\"/metrics\">Metrics</a>.</p>\n");
  if (!problems.empty()) page += "<h2>Problems</h2>\n";
  for (const Problem& problem : problems) AddProblem(problem, now, page);
  AddOrders(report, now, page);
  AddFiles(report, now, page);
  AddSites(report, engines, now, page);
  AddProcess(metrics, report, engines, now, page);
  AddExpiries(report, now, page);
  page += "</main>\n</body>\n</html>\n";
  return page;
}

}  // namespace stile
