#include "service/metrics.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include "challenge/puzzle/puzzle.h"
#include "service/memory_refusals.h"
#include "service/metric_families.h"
#include "service/redeem_metrics.h"
#include "service/redis_metrics.h"
#include "service/wall_clock.h"
#include "verifier/level.h"
#include "verifier/policy/policy.h"
#include "verifier/rule_name.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// Series of names that are gone are kept up to here; the rest is counted as "_other".
constexpr std::size_t kMaxSettled = 8'192;
constexpr const char* kOther = "_other";
constexpr const char* kTrialRules = "_trial";

// What stands in a cell of Counters::rule_matches. `policy` is the site's; null if several share
// the cell.
std::string_view CellName(const Policy* policy, std::size_t cell) {
  switch (cell) {
    case Counters::kDefault:
      return kDefaultRule;
    case Counters::kThreshold:
      return kThresholdRule;
    case Counters::kExempt:
      return kExemptRule;
    case Counters::kLaterRules:
      return kOther;
    case Counters::kTrial:
      return kTrialRules;
    default:
      break;
  }
  const bool is_named = policy != nullptr && cell < policy->rules().size();
  return is_named ? std::string_view(policy->rules()[cell].name) : std::string_view(kOther);
}

// Every series from the start: what doesn't happen is as telling as what does.
template <std::size_t kSize>
void AddResults(const std::array<Counter, kSize>& counters,
                const std::array<std::string_view, kSize>& names, std::string_view label,
                MetricFamily& family) {
  for (std::size_t i = 0; i < kSize; ++i) {
    if (names[i].empty()) continue;
    MetricFamilies::AddCount(family, {{label, names[i]}}, counters[i].Get());
  }
}

void AddTokens(const Counters& totals, MetricFamilies& families) {
  constexpr std::array<std::string_view, Counters::kTokenSales> kSales = {
      "sold", "malformed", "cross-origin", "not-cleared", "limited", "unavailable"};
  constexpr std::array<std::string_view, Counters::kSpends> kSpends = {"fresh", "repeated", "spent",
                                                                       "unknown", "unavailable"};
  std::array<std::string_view, kSiteverifyErrorCount> replies{"success"};
  for (std::size_t i = 1; i < replies.size(); ++i) {
    replies[i] = SiteverifyErrorName(static_cast<SiteverifyError>(i));
  }
  AddResults(
      totals.token_sales, kSales, "result",
      families.Add("token_requests_total", "Requests for a response token, by what came of it",
                   MetricType::Counter));
  AddResults(totals.spends, kSpends, "result",
             families.Add("spends_total",
                          "Response tokens that backends asked about, by what the "
                          "store of spends said",
                          MetricType::Counter));
  AddResults(totals.siteverifies, replies, "reply",
             families.Add("siteverify_total", "What backends were told about response tokens",
                          MetricType::Counter));
}

double Seconds(UnixMillis time) { return static_cast<double>(time.value) / 1000; }

}  // namespace

// What Render shows, taken while no engine can be freed.
struct Metrics::Snapshot {
  struct Site {
    std::string name;
    std::string digest;
    std::vector<std::pair<std::string, double>> efforts;  // By level.
  };
  std::vector<Site> sites;
  std::uint64_t generation = 0;
  std::unique_ptr<Counters> totals = std::make_unique<Counters>();
  Series decisions;
  Series rules;
  Series kills;
};

std::string_view RejectReasonName(RejectReason reason) noexcept {
  switch (reason) {
    case RejectReason::kConfig:
      return "config";
    case RejectReason::kPolicy:
      return "policy";
    case RejectReason::kKeys:
      return "keys";
    case RejectReason::kLists:
      return "lists";
    case RejectReason::kGeo:
      return "geo";
    case RejectReason::kCertificates:
      return "certificates";
    case RejectReason::kLimit:
      return "limit";
    case RejectReason::kFault:
      return "fault";
    case RejectReason::kSteps:
      return "steps";
    case RejectReason::kCorpus:
      return "corpus";
    case RejectReason::kLetsIn:
      return "lets-in";
    case RejectReason::kBlastRadius:
      return "blast-radius";
    case RejectReason::kPinned:
      return "pinned";
    case RejectReason::kRolledBack:
      return "rolled-back";
  }
  return "none";
}

std::string_view PhaseName(Phase phase) noexcept {
  switch (phase) {
    case Phase::kStarting:
      return "starting";
    case Phase::kReady:
      return "ready";
    case Phase::kDraining:
      return "draining";
  }
  return "starting";
}

Metrics::Metrics(EngineSlot& engines, std::string version, UnixMillis started)
    : engines_(engines),
      version_(std::move(version)),
      started_(started),
      reload_at_(started),
      files_at_(started),
      settled_(std::make_unique<Counters>()) {}

void Metrics::ServeLoops(VisitLoops visit_loops) {
  const std::lock_guard lock(mutex_);
  visit_loops_ = std::move(visit_loops);
}

void Metrics::EndLoops() {
  const std::lock_guard lock(mutex_);
  if (visit_loops_) visit_loops_([this](const LoopCounters& loop) { ended_loops_.Add(loop); });
  visit_loops_ = nullptr;
  ended_loops_.overloaded = 0;
}

void Metrics::SetKeys(std::vector<KeyValidity> keys) {
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
}

std::optional<DegradedPeriod> Metrics::SetDegraded(Degradation degradation, bool degraded) {
  const std::lock_guard lock(mutex_);
  if (degraded_.Holds(degradation) == degraded) return std::nullopt;
  return degraded_.Set(degradation, degraded, WallClock(), CountsOf(*Take().totals, TakeLoops()));
}

bool Metrics::IsDegraded(Degradation degradation) const {
  const std::lock_guard lock(mutex_);
  return degraded_.Holds(degradation);
}

void Metrics::CountRejected(RejectReason reason) {
  const std::lock_guard lock(mutex_);
  ++rejected_[static_cast<std::size_t>(reason)];
}

void Metrics::SetReload(bool successful, UnixMillis at, std::vector<std::string> errors,
                        bool shrank) {
  const std::lock_guard lock(mutex_);
  reload_successful_ = successful;
  reload_at_ = at;
  if (successful) {
    files_at_ = at;
  } else {
    refused_at_ = at;
    refusal_errors_ = errors;
  }
  reload_errors_ = std::move(errors);
  reload_shrank_ = shrank;
}

void Metrics::SetAdmission(AdmissionState admission) {
  const std::lock_guard lock(mutex_);
  admission_ = std::move(admission);
}

void Metrics::SetLists(std::vector<ListState> lists) {
  const std::lock_guard lock(mutex_);
  lists_ = std::move(lists);
}

void Metrics::SetCertificates(std::vector<CertificateState> certificates) {
  const std::lock_guard lock(mutex_);
  certificates_ = std::move(certificates);
}

void Metrics::SetSpendStore(std::shared_ptr<const RedisSpends> store) {
  const std::lock_guard lock(mutex_);
  spend_store_ = std::move(store);
}

void Metrics::SetRedeemDesk(std::shared_ptr<const DeskTotals> desk) {
  const std::lock_guard lock(mutex_);
  redeem_desk_ = std::move(desk);
}

void Metrics::SetBudgetMerge(std::shared_ptr<const RedisBudgets> merge) {
  const std::lock_guard lock(mutex_);
  budget_merge_ = std::move(merge);
}

void Metrics::SetNames(std::shared_ptr<const NameQuestions> names) {
  const std::lock_guard lock(mutex_);
  names_ = std::move(names);
}

void Metrics::SetBudgets(std::shared_ptr<const Budgets> budgets) {
  const std::lock_guard lock(mutex_);
  budgets_ = std::move(budgets);
}

void Metrics::SetModes(std::vector<SiteMode> modes, std::vector<SwitchedRule> rules,
                       std::vector<ToldOverride> orders) {
  const std::lock_guard lock(mutex_);
  modes_ = std::move(modes);
  switched_rules_ = std::move(rules);
  orders_ = std::move(orders);
}

void Metrics::SetLoops(Server::Health health) {
  const std::lock_guard lock(mutex_);
  health_ = health;
}

void Metrics::AddNamed(const Engine& engine, const Counters& totals, Snapshot& snapshot) const {
  const auto count = [](Series& series, std::vector<std::string> labels, std::uint64_t n) {
    if (series.size() >= kMaxSettled && !series.contains(labels)) labels.back() = kOther;
    series[std::move(labels)] += n;
  };
  for (std::size_t site = 0; site < Counters::kSites; ++site) {
    const bool is_shared = site + 1 == Counters::kSites && engine.site_count() > Counters::kSites;
    const bool exists = site < engine.site_count() && !is_shared;
    const std::string name = exists ? engine.site_options(site).name : kOther;
    for (std::size_t action = 1; action < kActionCount; ++action) {
      for (std::size_t verdict = 0; verdict < kVerdictCount; ++verdict) {
        const std::uint64_t n = totals.decisions[site][action][verdict].Get() -
                                settled_->decisions[site][action][verdict].Get();
        if (n == 0) continue;
        count(snapshot.decisions,
              {name, std::string(ActionName(static_cast<Action>(action))),
               std::string(VerdictName(static_cast<Verdict>(verdict)))},
              n);
      }
    }
    for (std::size_t rule = 0; rule < Counters::kRules; ++rule) {
      const std::uint64_t matches =
          totals.rule_matches[site][rule].Get() - settled_->rule_matches[site][rule].Get();
      const std::uint64_t kills =
          totals.rule_kills[site][rule].Get() - settled_->rule_kills[site][rule].Get();
      if (matches == 0 && kills == 0) continue;
      const std::string rule_name(CellName(exists ? &engine.policy(site) : nullptr, rule));
      if (matches != 0) count(snapshot.rules, {name, rule_name}, matches);
      if (kills != 0) count(snapshot.kills, {name, rule_name}, kills);
    }
  }
}

Metrics::Snapshot Metrics::Take() const {
  Snapshot snapshot;
  snapshot.decisions = settled_decisions_;
  snapshot.rules = settled_rules_;
  snapshot.kills = settled_kills_;
  engines_.Inspect(
      [&](const Engine& engine, const std::vector<Worker*>& workers, const Counters& departed) {
        snapshot.totals->Add(departed);
        for (const Worker* worker : workers) snapshot.totals->Add(worker->counters());
        AddNamed(engine, *snapshot.totals, snapshot);
        for (std::size_t i = 0; i < engine.site_count(); ++i) {
          Snapshot::Site site;
          site.name = engine.site_options(i).name;
          site.digest = engine.policy(i).digest();
          for (const Level& level : engine.policy(i).levels()) {
            double effort = 0;
            for (std::size_t a = 0; a < level.alternative_count; ++a) {
              if (level.alternatives[a].puzzle == Puzzle::kWait) continue;
              const auto asked = static_cast<double>(level.alternatives[a].effort);
              if (effort == 0 || asked < effort) effort = asked;
            }
            if (effort > 0) site.efforts.emplace_back(level.name, effort);
          }
          snapshot.sites.push_back(std::move(site));
        }
      });
  snapshot.generation = engines_.generation();
  return snapshot;
}

LoopTotals Metrics::TakeLoops() const {
  LoopTotals loops = ended_loops_;
  if (visit_loops_) visit_loops_([&loops](const LoopCounters& loop) { loops.Add(loop); });
  return loops;
}

DegradedStates::Counts Metrics::CountsOf(const Counters& totals, const LoopTotals& loops) {
  DegradedStates::Counts counts{};
  const auto add = [&counts](Touched touched, std::uint64_t n) {
    counts[static_cast<std::size_t>(touched)] += n;
  };
  for (const auto& site : totals.decisions) {
    for (std::size_t action = 0; action < site.size(); ++action) {
      if (static_cast<Action>(action) == Action::kServe) continue;
      for (const Counter& verdict : site[action]) add(Touched::kRequests, verdict.Get());
    }
  }
  for (const Counter& sale : totals.token_sales) add(Touched::kTokens, sale.Get());
  for (const Counter& spend : totals.spends) add(Touched::kTokens, spend.Get());
  add(Touched::kHandshakes,
      loops.tls_failures[static_cast<std::size_t>(TlsFailure::kNoCertificate)]);
  add(Touched::kShed, loops.shed + loops.posts_deferred);
  return counts;
}

void Metrics::Settle() {
  const std::lock_guard lock(mutex_);
  Snapshot snapshot = Take();
  settled_decisions_ = std::move(snapshot.decisions);
  settled_rules_ = std::move(snapshot.rules);
  settled_kills_ = std::move(snapshot.kills);
  settled_ = std::move(snapshot.totals);
}

Metrics::Report Metrics::Tell() const {
  const std::lock_guard lock(mutex_);
  Report report;
  report.version = version_;
  report.started = started_;
  const LoopTotals loops = TakeLoops();
  const DegradedStates::Counts counts = CountsOf(*Take().totals, loops);
  for (std::size_t i = 0; i < kDegradationCount; ++i) {
    const auto period = degraded_.PeriodOf(static_cast<Degradation>(i), counts);
    if (!period) continue;
    report.degradations.push_back(static_cast<Degradation>(i));
    report.periods.push_back(*period);
  }
  report.reload_successful = reload_successful_;
  report.reload_at = reload_at_;
  report.reload_errors = reload_errors_;
  report.reload_shrank = reload_shrank_;
  report.files_at = files_at_;
  report.refused_at = refused_at_;
  report.refusal_errors = refusal_errors_;
  report.modes = modes_;
  report.orders = orders_;
  report.load = {loops.overloaded, std::chrono::milliseconds(loops.worst_late_ms), loops.shed};
  report.connections = loops.accepted - std::min(loops.accepted, loops.closed);
  report.loops = health_.loops;
  report.loops_answering = health_.answering;
  report.keys = keys_;
  report.lists = lists_;
  report.certificates = certificates_;
  report.budgets = budgets_;
  report.admission = admission_;
  if (spend_store_ != nullptr) report.spend_store = spend_store_->Trouble();
  if (budget_merge_ != nullptr) report.budget_merge = budget_merge_->Trouble();
  return report;
}

std::string Metrics::Render() const {
  const std::lock_guard lock(mutex_);
  const Snapshot snapshot = Take();
  MetricFamilies families;
  ShowRequests(snapshot, families);
  const LoopTotals loops = TakeLoops();
  loops.Show(families);
  if (redeem_desk_ != nullptr) ShowRedeemDesk(*redeem_desk_, families);
  ShowPolicy(snapshot, families);
  ShowLists(families);
  ShowNames(families);
  if (spend_store_ != nullptr) ShowSpendStore(spend_store_->totals(), families);
  ShowBudgets(families);
  if (budget_merge_ != nullptr) ShowBudgetMerge(*budget_merge_, families);
  ShowCertificates(families);
  ShowDegraded(CountsOf(*snapshot.totals, loops), families);
  ShowState(families);
  ShowModes(families);
  ShowMemory(families);
  return families.Text();
}

void Metrics::ShowRequests(const Snapshot& snapshot, MetricFamilies& families) const {
  auto& decisions =
      families.Add("decisions_total", "Requests, by what was decided and what their clearance was",
                   MetricType::Counter);
  for (const auto& [labels, n] : snapshot.decisions) {
    MetricFamilies::AddCount(
        decisions, {{"site", labels[0]}, {"action", labels[1]}, {"verdict", labels[2]}}, n);
  }
  auto& rules =
      families.Add("rule_matches_total", "Requests, by the rule that decided", MetricType::Counter);
  for (const auto& [labels, n] : snapshot.rules) {
    MetricFamilies::AddCount(rules, {{"site", labels[0]}, {"rule", labels[1]}}, n);
  }
  auto& kills = families.Add("rule_kills_total",
                             "Requests that came to a rule which an order has killed, and went on",
                             MetricType::Counter);
  for (const auto& [labels, n] : snapshot.kills) {
    MetricFamilies::AddCount(kills, {{"site", labels[0]}, {"rule", labels[1]}}, n);
  }
  const Counters& totals = *snapshot.totals;
  families.Count("challenges_issued_total", "Challenges that were issued",
                 totals.challenges_issued.Get());
  families.Count("issue_failures_total", "Challenges that could not be issued",
                 totals.issue_failures.Get());
  families.Count("clearances_renewed_total", "Clearances extended while they were in use",
                 totals.clearances_renewed.Get());
  auto& redeems = families.Add("redeems_total", "Solutions that were handed in, by what they were",
                               MetricType::Counter);
  for (std::size_t puzzle = 0; puzzle < Counters::kPuzzles; ++puzzle) {
    for (std::size_t verdict = 0; verdict < kVerdictCount; ++verdict) {
      const std::uint64_t n = totals.redeems[puzzle][verdict].Get();
      if (n == 0) continue;
      MetricFamilies::AddCount(redeems,
                               {{"puzzle", PuzzleName(static_cast<Puzzle>(puzzle))},
                                {"result", VerdictName(static_cast<Verdict>(verdict))}},
                               n);
    }
  }
  AddTokens(totals, families);
  families.Count("client_ip_unknown_total", "Requests whose client's address is not known",
                 totals.client_address_unknown.Get());
}

void Metrics::ShowPolicy(const Snapshot& snapshot, MetricFamilies& families) const {
  auto& info = families.Add("policy_info", "The policy of each site", MetricType::Gauge);
  auto& effort = families.Add("effort", "What a level's cheapest puzzle costs, in evaluations",
                              MetricType::Gauge);
  for (const Snapshot::Site& site : snapshot.sites) {
    MetricFamilies::AddGauge(info, {{"site", site.name}, {"digest", site.digest}}, 1);
    for (const auto& [level, evaluations] : site.efforts) {
      MetricFamilies::AddGauge(effort, {{"site", site.name}, {"level", level}}, evaluations);
    }
  }
  families.Gauge("policy_generation", "The number of the generation that is served",
                 static_cast<double>(snapshot.generation));
  auto& rejected =
      families.Add("policy_rejected_total", "Reloads that were rejected, by what was wrong",
                   MetricType::Counter);
  for (std::size_t i = 0; i < rejected_.size(); ++i) {
    MetricFamilies::AddCount(rejected, {{"reason", RejectReasonName(static_cast<RejectReason>(i))}},
                             rejected_[i]);
  }
  ShowAdmission(admission_, families);
}

void Metrics::ShowLists(MetricFamilies& families) const {
  if (lists_.empty()) return;
  auto& ranges =
      families.Add("list_ranges", "Ranges of each list that a policy uses", MetricType::Gauge);
  for (const ListState& list : lists_) {
    MetricFamilies::AddGauge(ranges, {{"list", list.name}}, static_cast<double>(list.ranges));
  }
  auto& created =
      families.Add("list_created_timestamp_seconds",
                   "When its publisher made a list, where it says so", MetricType::Gauge);
  for (const ListState& list : lists_) {
    if (list.created) {
      MetricFamilies::AddGauge(created, {{"list", list.name}}, Seconds(*list.created));
    }
  }
}

void Metrics::ShowNames(MetricFamilies& families) const {
  if (names_ == nullptr) return;
  const NameQuestions::Totals& totals = names_->totals();
  auto& results = families.Add("reverse_dns_total",
                               "Addresses of clients that claim to be a crawler, by what reverse "
                               "DNS said of them",
                               MetricType::Counter);
  MetricFamilies::AddCount(results, {{"result", "confirmed"}}, totals.confirmed.load());
  MetricFamilies::AddCount(results, {{"result", "refuted"}}, totals.refuted.load());
  MetricFamilies::AddCount(results, {{"result", "failed"}}, totals.failed.load());
  MetricFamilies::AddCount(results, {{"result", "dropped"}}, totals.dropped.load());
  families.Gauge("reverse_dns_in_flight", "Addresses that are being looked up",
                 static_cast<double>(totals.in_flight.load()));
}

void Metrics::ShowCertificates(MetricFamilies& families) const {
  if (certificates_.empty()) return;
  auto& expiry = families.Add("certificate_expiry_timestamp_seconds",
                              "When a listener's certificate expires", MetricType::Gauge);
  std::set<std::pair<std::string_view, std::string_view>> shown;
  for (const CertificateState& certificate : certificates_) {
    if (!shown.emplace(certificate.listener, certificate.file).second) continue;
    MetricFamilies::AddGauge(
        expiry, {{"listener", certificate.listener}, {"certificate", certificate.file}},
        Seconds(certificate.not_after));
  }
}

void Metrics::ShowBudgets(MetricFamilies& families) const {
  if (budgets_ == nullptr) return;
  const UnixMillis now = WallClock();
  auto& cells = families.Add("budget_cells", "Cells of the tables of budgets", MetricType::Gauge);
  auto& in_use = families.Add("budget_cells_in_use", "Of those, how many hold a budget in use",
                              MetricType::Gauge);
  const auto show = [&](std::string_view name, const BudgetTable& table) {
    MetricFamilies::AddGauge(cells, {{"table", name}}, static_cast<double>(table.cells()));
    MetricFamilies::AddGauge(in_use, {{"table", name}}, static_cast<double>(table.CellsInUse(now)));
  };
  show("clearances", budgets_->clearances);
  show("cleared-prefixes", budgets_->cleared_prefixes);
  show("uncleared-prefixes", budgets_->uncleared_prefixes);
  show("uncleared-rings", budgets_->uncleared_rings);
}

void Metrics::ShowDegraded(const DegradedStates::Counts& counts, MetricFamilies& families) const {
  auto& degraded = families.Add("degraded", "1 where something else than the files say is served",
                                MetricType::Gauge);
  auto& since = families.Add("degraded_since_timestamp_seconds",
                             "Since when that is so; 0: it isn't", MetricType::Gauge);
  auto& touched =
      families.Add("degraded_requests_total", "Requests that it has touched, while it was so",
                   MetricType::Counter);
  for (std::size_t i = 0; i < kDegradationCount; ++i) {
    const auto degradation = static_cast<Degradation>(i);
    const MetricFamilies::Labels labels = {{"reason", DegradationName(degradation)}};
    const auto period = degraded_.PeriodOf(degradation, counts);
    MetricFamilies::AddGauge(degraded, labels, period ? 1 : 0);
    MetricFamilies::AddGauge(since, labels, period ? Seconds(period->since) : 0);
    MetricFamilies::AddCount(touched, labels, degraded_.AllTouched(degradation, counts));
  }
}

void Metrics::ShowState(MetricFamilies& families) const {
  families.Gauge("config_last_reload_successful", "1 if the last reload, or the start, was",
                 reload_successful_ ? 1 : 0);
  families.Gauge("config_last_reload_timestamp_seconds", "When that was", Seconds(reload_at_));
  families.Gauge("config_last_refusal_timestamp_seconds",
                 "When files were last refused, at the start or since; 0: never",
                 refused_at_ ? Seconds(*refused_at_) : 0);
  families.Gauge("policy_timestamp_seconds", "When what is served was read", Seconds(files_at_));
  auto& expiry =
      families.Add("key_expiry_timestamp_seconds",
                   "When a master secret stops verifying; +Inf: never", MetricType::Gauge);
  for (const auto& [site, key] : keys_) {
    const double until = key.verify_until.value == INT64_MAX
                             ? std::numeric_limits<double>::infinity()
                             : Seconds(key.verify_until);
    const std::string id = std::to_string(key.id);
    if (site.empty()) {
      MetricFamilies::AddGauge(expiry, {{"id", id}}, until);
    } else {
      MetricFamilies::AddGauge(expiry, {{"site", site}, {"id", id}}, until);
    }
  }
  families.Gauge("loops", "Event loops", static_cast<double>(health_.loops));
  families.Gauge("loops_answering", "Event loops that have answered when they were last asked",
                 static_cast<double>(health_.answering));
  families.Gauge("start_time_seconds", "When this process started", Seconds(started_));
  auto& build = families.Add("build_info", "The version that runs", MetricType::Gauge);
  MetricFamilies::AddGauge(build, {{"version", version_}}, 1);
}

void Metrics::ShowMemory(MetricFamilies& families) {
  auto& refusals = families.Add("memory_refusals_total", "What found no memory, by whose thread",
                                MetricType::Counter);
  for (const auto& [name, place] :
       {std::pair("loop", MemoryPlace::kLoop), std::pair("operator", MemoryPlace::kOperator),
        std::pair("main", MemoryPlace::kMain)}) {
    MetricFamilies::AddCount(refusals, {{"place", name}}, MemoryRefusals(place));
  }
}

void Metrics::ShowModes(MetricFamilies& families) const {
  auto& modes = families.Add("mode", "1 for the mode that each site has; source: who set it",
                             MetricType::Gauge);
  for (const SiteMode& mode : modes_) {
    MetricFamilies::AddGauge(
        modes,
        {{"site", mode.site},
         {"mode", GateModeName(mode.effective())},
         {"source", mode.override ? ModeSourceName(mode.override->source) : "config"}},
        1);
  }
  auto& rules = families.Add("rule_mode", "1 for the mode of each rule that an order has switched",
                             MetricType::Gauge);
  for (const SwitchedRule& rule : switched_rules_) {
    MetricFamilies::AddGauge(rules,
                             {{"site", rule.site},
                              {"rule", rule.rule},
                              {"mode", GateModeName(rule.mode)},
                              {"source", ModeSourceName(rule.source)}},
                             1);
  }
  constexpr std::array<std::string_view, kControlRefusalCount> kReasons = {"token", "host",
                                                                           "origin"};
  auto& refused = families.Add("control_refused_total",
                               "Requests to control over TCP that were refused unread, by why",
                               MetricType::Counter);
  for (std::size_t i = 0; i < kReasons.size(); ++i) {
    MetricFamilies::AddCount(refused, {{"reason", kReasons[i]}}, control_refused_[i].load());
  }
}

}  // namespace stile
