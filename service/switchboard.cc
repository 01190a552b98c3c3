#include "service/switchboard.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <utility>

#include "challenge/concat.h"
#include "service/control_listener.h"
#include "service/log.h"
#include "service/memory_refusals.h"
#include "service/status_report.h"
#include "service/utc_text.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

// How late an engine may hear of its switches that somebody published past Publish.
constexpr milliseconds kGenerationLook{250};
constexpr milliseconds kKeepTime{1'000};  // That an operator's answer waits for the record.

// What a log line and an answer call a site; empty stands for all of them.
std::string SiteText(const std::string& site) { return site.empty() ? "*" : site; }

RuleSwitch SwitchOf(const ModeOverride* order) {
  if (order == nullptr || !order->mode) return RuleSwitch::kConfigured;
  switch (*order->mode) {
    case GateMode::kEnforce:
      return RuleSwitch::kEnforce;
    case GateMode::kShadow:
      return RuleSwitch::kShadow;
    case GateMode::kOpen:
      return RuleSwitch::kOpen;
    case GateMode::kAttack:
      return RuleSwitch::kAttack;
  }
  return RuleSwitch::kConfigured;
}

// The sites of `engine` that something about `site` is about.
template <typename Visit>
void ForEachSite(const Engine& engine, std::string_view site, Visit visit) {
  for (std::size_t i = 0; i < engine.site_count(); ++i) {
    if (site.empty() || engine.site_options(i).name == site) visit(i);
  }
}

// What is known of the rules that an order names.
struct NamedRules {
  bool any_site = false;
  bool found = false;
  bool awake = false;      // One of them isn't off.
  bool asks = false;       // One of them challenges,
  bool lets_pass = false;  // or lets pass.
};

NamedRules Find(const Engine& engine, std::string_view site, std::string_view rule) {
  NamedRules named;
  ForEachSite(engine, site, [&](std::size_t i) {
    named.any_site = true;
    for (const Rule& written : engine.policy(i).rules()) {
      if (rule.empty() || written.name != rule) continue;
      named.found = true;
      if (written.mode == RuleMode::kOff) continue;
      named.awake = true;
      named.asks = named.asks || written.action == Action::kChallenge;
      named.lets_pass = named.lets_pass || written.action == Action::kAllow;
    }
  });
  return named;
}

// Why an operator's order is refused; empty: it isn't.
std::string MistakeOf(const NamedRules& named, const ModeOrder& order) {
  if (!named.any_site) {
    return Concat("no site is called \"", Printable(order.site), "\": `stile status` names them");
  }
  if (order.rule.empty()) return "";
  if (!named.found) {
    return Concat("no rule is called \"", Printable(order.rule),
                  "\" there: `stile explain` and stile_rule_matches_total name those that match; "
                  "what no rule matches is the site's own mode's");
  }
  if (!named.awake) {
    return Concat("rule \"", Printable(order.rule),
                  "\" is off in its policy, and nothing of it is compiled: set its mode there, "
                  "then `stile reload`");
  }
  if (order.mode == GateMode::kAttack && !named.asks) {
    return Concat("rule \"", Printable(order.rule),
                  "\" doesn't challenge: attack would change nothing, enforce makes it act");
  }
  return "";
}

void LogOrder(const ModeOverride& order, std::string_view note = {}) {
  const std::string site = SiteText(order.site);
  const std::string until = order.until ? UtcText(*order.until) : "";
  std::vector<LogField> fields = {{"site", site}, {"mode", ModeWord(order.mode)}};
  if (!order.rule.empty()) fields.emplace_back("rule", order.rule);
  fields.emplace_back("by", order.by);
  fields.emplace_back("source", ModeSourceName(order.source));
  if (order.until) fields.emplace_back("until", until);
  if (!note.empty()) fields.emplace_back("note", note);
  Log(LogLevel::kWarning, "mode", fields);
}

}  // namespace

Switchboard::Switchboard(Options options, EngineSlot& engines, Metrics& metrics,
                         SignalWatch* signals)
    : options_(std::move(options)), engines_(engines), metrics_(metrics), signals_(signals) {}

Switchboard::~Switchboard() { Stop(); }

void Switchboard::Start() {
  signal_thread_ = std::thread([this] { ServeSignals(); });
  file_thread_ = std::thread([this] { ServeFiles(); });
}

void Switchboard::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stir_.notify_all();
  if (signals_ != nullptr) signals_->Wake();
  if (signal_thread_.joinable()) signal_thread_.join();
  if (file_thread_.joinable()) file_thread_.join();
}

// --- What holds ----------------------------------------------------------------------------------

void Switchboard::Turn(const Engine& engine, std::vector<SiteMode>* sites,
                       std::vector<SwitchedRule>* rules) const {
  constexpr std::size_t kMostTold = 1'000;
  const auto is_ordered = [this](const std::string& name) {
    return std::any_of(orders_.all().begin(), orders_.all().end(),
                       [&name](const ModeOverride& order) { return order.rule == name; });
  };
  const bool any_rule = std::any_of(orders_.all().begin(), orders_.all().end(),
                                    [](const ModeOverride& order) { return !order.rule.empty(); });
  for (std::size_t i = 0; i < engine.site_count(); ++i) {
    const SiteOptions& options = engine.site_options(i);
    GateSwitches& switches = engine.switches(i);
    SiteMode told{options.name, options.mode, std::nullopt};
    const ModeOverride* order = orders_.Of(options.name);
    if (order != nullptr && order->mode) told.override = *order;
    switches.SetMode(told.effective());
    if (sites != nullptr) sites->push_back(std::move(told));
    if (!any_rule && !switches.rules().any()) continue;
    const std::vector<Rule>& written = engine.policy(i).rules();
    for (std::size_t r = 0; r < written.size(); ++r) {
      const ModeOverride* turned =
          is_ordered(written[r].name) ? orders_.Of(options.name, written[r].name) : nullptr;
      switches.rules().Turn(r, SwitchOf(turned));
      const bool counts = turned != nullptr && turned->mode && written[r].mode != RuleMode::kOff;
      if (rules == nullptr || !counts || rules->size() >= kMostTold) continue;
      rules->push_back({options.name, written[r].name, *turned->mode, turned->source});
    }
  }
}

std::string Switchboard::WhyWaiting(const Engine& engine, const ModeOverride& order) const {
  const NamedRules named = Find(engine, order.site, order.rule);
  if (!named.any_site) return "no site is called so";
  if (order.rule.empty()) return "";
  if (!named.found) return "no rule is called so";
  return named.awake ? "" : "the rule is off in its policy";
}

void Switchboard::Apply() {
  std::vector<SiteMode> sites;
  std::vector<SwitchedRule> rules;
  std::vector<ToldOverride> told;
  engines_.Inspect([&](const Engine& engine, const std::vector<Worker*>&, const Counters&) {
    Turn(engine, &sites, &rules);
    for (const ModeOverride& order : orders_.all()) {
      told.push_back({order, WhyWaiting(engine, order)});
    }
  });
  const std::uint64_t generation = engines_.generation();
  engines_.InspectTrial([this](const Engine& trial) { Turn(trial, nullptr, nullptr); });
  sites_ = sites;
  metrics_.SetModes(std::move(sites), std::move(rules), std::move(told));
  applied_generation_ = generation;  // At last: else it is applied again.
}

void Switchboard::Changed() {
  ++changes_;
  Apply();
  stir_.notify_all();
  options_.changed();
}

// What was published serves, with its switches. Where there is no memory to tell so, it is told
// later.
void Switchboard::TellPublished() noexcept {
  Attempt(MemoryPlace::kMain, [this] { Apply(); });
}

std::uint64_t Switchboard::Publish(std::unique_ptr<const Engine> next) {
  const std::lock_guard lock(mutex_);
  Turn(*next, nullptr, nullptr);
  const std::uint64_t generation = engines_.Publish(std::move(next));
  TellPublished();
  return generation;
}

void Switchboard::Try(std::unique_ptr<const Engine> trial, const EngineSlot::CohortRule& rule) {
  const std::lock_guard lock(mutex_);
  Turn(*trial, nullptr, nullptr);
  engines_.Try(std::move(trial), rule);
}

std::uint64_t Switchboard::PublishTrial() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t generation = engines_.PublishTrial();
  TellPublished();
  return generation;
}

// --- Orders --------------------------------------------------------------------------------------

bool Switchboard::Put(const ModeOrder& order, std::optional<UnixMillis> until) {
  ModeOverride override;
  override.mode = order.mode;
  override.site = order.site;
  override.rule = order.rule;
  override.source = order.source;
  override.by = order.by;
  override.since = WallClock();
  if (order.period) {
    override.until = until.value_or(override.since + *order.period);
    override.ends = BootClock::now() + *order.period;
  }
  if (!orders_.Add(override)) return false;
  LogOrder(override);
  return true;
}

PlainReply Switchboard::Order(const ModeOrder& order) {
  if (metrics_.phase() == Phase::kDraining) return ErrorReply(409, {"it is draining"});
  std::unique_lock lock(mutex_);
  NamedRules named;
  engines_.Inspect([&](const Engine& engine, const std::vector<Worker*>&, const Counters&) {
    named = Find(engine, order.site, order.rule);
  });
  // A rule that only the candidate on trial has can be switched as well.
  engines_.InspectTrial([&](const Engine& trial) {
    if (!named.found) named = Find(trial, order.site, order.rule);
  });
  const bool takes_back =
      !order.mode &&
      std::any_of(orders_.all().begin(), orders_.all().end(), [&order](const ModeOverride& older) {
        return older.site == order.site && older.rule == order.rule;
      });
  const std::string mistake = MistakeOf(named, order);
  if (!mistake.empty() && !takes_back) return ErrorReply(400, {mistake});
  std::optional<UnixMillis> until;
  if (order.period) until = WallClock() + *order.period;
  if (!Put(order, until)) {
    return ErrorReply(422,
                      {Concat("there are ", ModeOverrides::kMost,
                              " orders already: take some back with `stile mode configured`")});
  }
  Changed();
  const std::uint64_t change = changes_;
  const bool in_time = !options_.state_directory.empty() &&
                       kept_.wait_for(lock, kKeepTime, [&] { return kept_changes_ >= change; });
  const bool is_kept = in_time && keep_trouble_.empty();
  std::string warning;
  if (options_.state_directory.empty()) {
    warning = "it ends with the process: without state.directory nothing is kept";
  } else if (!is_kept) {
    warning = Concat("it holds, but is not kept over a restart: ",
                     keep_trouble_.empty() ? "the disk takes long" : keep_trouble_);
  }
  std::string note;
  if (order.mode == GateMode::kOpen && named.lets_pass) {
    note = "the rule lets requests pass: they now meet the rules below it";
  }
  return {
      200, "application/json",
      Concat("{\"site\":", JsonString(SiteText(order.site)),
             ",\"rule\":", order.rule.empty() ? "null" : JsonString(order.rule), ",\"mode\":\"",
             ModeWord(order.mode), "\",\"until\":", until ? JsonString(UtcText(*until)) : "null",
             ",\"generation\":", engines_.generation(), ",\"kept\":", is_kept ? "true" : "false",
             ",\"warning\":", warning.empty() ? "null" : JsonString(warning), ",\"note\":",
             note.empty() ? "null" : JsonString(note), ",\"orders\":", OrdersJson(), "}\n")};
}

std::string Switchboard::OrdersJson() const { return OverridesJson(metrics_.Tell().orders); }

void Switchboard::EndOrders() {
  const std::vector<ModeOverride> ended = orders_.Expire(BootClock::now());
  if (ended.empty()) return;
  Changed();
  for (const ModeOverride& order : ended) {
    const std::string site = SiteText(order.site);
    std::vector<LogField> fields = {{"site", site}, {"mode", ModeWord(order.mode)}};
    if (!order.rule.empty()) fields.emplace_back("rule", order.rule);
    fields.emplace_back("by", order.by);
    Log(LogLevel::kWarning, "mode-ended", fields);
  }
}

// --- Signals -------------------------------------------------------------------------------------

void Switchboard::TakeSignal(const SignalWatch::Caught& signal) {
  ModeOrder order;
  order.source = ModeSource::kSignal;
  order.by = Concat("uid ", signal.uid, ", pid ", signal.pid);
  if (signal.number == SIGUSR1) {
    order.mode = GateMode::kOpen;
    order.period = kSignalPeriod;
    const BootClock::time_point end = BootClock::now() + kSignalPeriod;
    const bool is_open = std::all_of(sites_.begin(), sites_.end(), [end](const SiteMode& site) {
      return site.override && site.override->mode == GateMode::kOpen &&
             (!site.override->ends || *site.override->ends >= end);
    });
    if (is_open) {
      Log(LogLevel::kWarning, "mode",
          {{"site", "*"},
           {"mode", "open"},
           {"by", order.by},
           {"source", "signal"},
           {"note", "every site is open already, and for longer: nothing changes"}});
      return;
    }
  }
  (void)Put(order, std::nullopt);  // A signal always finds room.
  Changed();
}

void Switchboard::ServeSignals() {
  while (true) {
    milliseconds pause = kGenerationLook;
    {
      std::unique_lock lock(mutex_);
      if (const auto end = orders_.next_end()) {
        pause = std::clamp(*end - BootClock::now(), milliseconds{0}, kGenerationLook);
      }
      if (signals_ == nullptr && !stopped_) stir_.wait_for(lock, std::max(pause, milliseconds{1}));
      if (stopped_) return;
    }
    std::optional<SignalWatch::Caught> signal;
    if (signals_ != nullptr) signal = signals_->Catch(pause);
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    // What is due and finds no memory is tried again.
    Attempt(MemoryPlace::kOperator, [&] {
      EndOrders();
      if (signal) TakeSignal(*signal);
      if (engines_.generation() != applied_generation_) Apply();
    });
  }
}

}  // namespace stile
