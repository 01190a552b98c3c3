// What a Supervisor does while it serves: what comes due by itself, what operators order, the end.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "challenge/concat.h"
#include "challenge/entropy.h"
#include "engine/config/engine_build.h"
#include "engine/config/key_rings.h"
#include "service/log.h"
#include "service/memory_refusals.h"
#include "service/status_report.h"
#include "service/supervisor.h"
#include "service/utc_text.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// So that whoever watches hears within a second that the clock leapt.
constexpr milliseconds kTendInterval{250};
// So that whoever watches hears within a second that a store is gone.
constexpr milliseconds kStoreInterval{100};
constexpr milliseconds kTrialLook{500};
constexpr milliseconds kBeatInterval{5'000};
constexpr milliseconds kShortestBeat{10};
constexpr milliseconds kDrainLook{1'000};
constexpr std::chrono::hours kRingLife{24};
constexpr milliseconds kMemoryRetry{100};
// Without a refusal, until it is said that there is memory again.
constexpr milliseconds kMemoryHold{5'000};

milliseconds BeatInterval(const NotifySocket& notify) {
  if (!notify.watchdog()) return kBeatInterval;
  // Several in one period, so that one that comes late costs nothing.
  return std::clamp(std::chrono::duration_cast<milliseconds>(*notify.watchdog() / 4), kShortestBeat,
                    kBeatInterval);
}

}  // namespace

// How long nothing comes due.
milliseconds Supervisor::Pause() const {
  const SteadyClock::time_point now = SteadyClock::now();
  SteadyClock::time_point next = now + kTendInterval;
  if (redis_spends_ != nullptr || redis_budgets_ != nullptr) {
    next = std::min(next, now + kStoreInterval);
  }
  next = std::min(next, next_beat_);
  if (MemoryRefusals() != memory_refusals_ || adopted_ || ready_owed_) {
    next = std::min(next, now + kMemoryRetry);
  }
  if (now < memory_short_until_) next = std::min(next, memory_short_until_);
  if (trial_.is_on()) next = std::min(next, now + kTrialLook);
  if (const auto look = probation_.NextLook(now)) next = std::min(next, *look);
  return std::max(std::chrono::ceil<milliseconds>(next - now), milliseconds{0});
}

void Supervisor::LookAtMemory() {
  const SteadyClock::time_point now = SteadyClock::now();
  const std::uint64_t refusals = MemoryRefusals();
  if (refusals != memory_refusals_) memory_short_until_ = now + kMemoryHold;
  memory_refusals_ = refusals;
  const bool is_short = now < memory_short_until_;
  is_memory_short_.store(is_short);
  SetDegraded(Degradation::kMemory, is_short);
}

void Supervisor::Tend() {
  LookAtMemory();
  TendAdopted();
  if (ready_owed_) {
    notify_.Ready(StatusLine());
    ready_owed_ = false;
  }
  LookAtClock();
  first_refusals_.Look(*server_);
  if (collecting_) collecting_ = engines_->Collect() != 0;
  Beat();
  SetDegraded(Degradation::kOverload, server_->overloaded() != 0);
  LookAtTables();
  if (redis_spends_ != nullptr) {
    const RedisTotals& totals = redis_spends_->totals();
    const bool broken = totals.broken_contract.load();
    SetDegraded(Degradation::kSpendContract, broken);
    SetDegraded(Degradation::kSpendStore, !broken && (!totals.up.load() || totals.refuses.load()));
  }
  if (redis_budgets_ != nullptr) {
    SetDegraded(Degradation::kBudgetMerge, !redis_budgets_->totals().up.load());
  }
  if (modes_changed_.exchange(false) &&
      !Attempt(MemoryPlace::kMain, [this] { notify_.Status(StatusLine()); })) {
    modes_changed_.store(true);
  }
  TendTrial();
  TendAdmission();
  // A clock that was set back counts as well: the ring must hold the days around now.
  const milliseconds age = WallClock() - ring_made_;
  // A trial ends sooner than the keys of yesterday, and another engine would end it.
  if ((age >= kRingLife || age <= -kRingLife) && !trial_.is_on()) RenewKeys();
}

// Tells the service manager that all is well, if every loop has said so.
void Supervisor::Beat() {
  if (SteadyClock::now() < next_beat_) return;
  next_beat_ = SteadyClock::now() + BeatInterval(notify_);
  const Server::Health health = server_->Beat();
  metrics_->SetLoops(health);
  if (notify_.watchdog() && health.answering == health.loops) notify_.Alive();
}

Errors Supervisor::Rebuild() {
  const Config& config = booted_.loaded.config;
  auto engine = BuildEngine(config, *ring_, booted_.keys.degraded, tables_, MemoryFor(config));
  if (!engine) return engine.error();
  metrics_->Settle();
  switches_->Publish(*std::move(engine));
  server_->UseConfig(config,
                     LookUpsFor(config));  // A loop without requests lets go of the old engine.
  collecting_ = true;
  return {};
}

void Supervisor::RenewKeys() {
  const UnixMillis now = WallClock();
  auto rings = booted_.keys.Ring(now);
  Errors errors = rings ? Errors{} : std::move(rings.error());
  if (rings) {
    ring_ = std::make_unique<KeyRings>(*std::move(rings));
    errors = Rebuild();
  }
  ring_made_ = now;  // What throws before is tried again.
  if (!errors.empty()) {
    SetDegraded(Degradation::kKeys, true);
    Log(LogLevel::kError, "degraded",
        {{"reasons", std::vector<std::string>{"keys"}}, {"errors", Texts(errors)}});
    return;
  }
  if (!booted_.keys.any_degraded()) SetDegraded(Degradation::kKeys, false);
  metrics_->SetKeys(ValiditiesOf(*ring_, booted_.loaded.config));
  Log(LogLevel::kInfo, "keys-renewed", {{"generation", engines_->generation()}});
}

// --- Orders ------------------------------------------------------------------------------------

PlainReply Supervisor::OrderReload(bool force) {
  if (draining_) return ErrorReply(409, {"it is draining"});
  if (options_.demo) return ErrorReply(409, {"the demo has no files"});
  const std::vector<std::string> mistakes = Reload(force);
  if (!mistakes.empty()) return ErrorReply(422, mistakes);
  std::vector<std::string> restart = NeedsRestart(booted_.loaded.config);
  std::string keys;
  for (const std::string& key : restart) {
    keys += Concat(keys.empty() ? "" : ",", JsonString(key));
  }
  return {200, "application/json",
          Concat("{\"generation\":", engines_->generation(), ",\"restart_needed\":[", keys,
                 "],\"keys_from_credential\":", booted_.keys.is_credential ? "true" : "false",
                 ",\"trial_percent\":", PercentNumber(trial_.is_on() ? admission_.trial_share : 0),
                 "}\n")};
}

PlainReply Supervisor::OrderDrain() {
  const LimitsConfig& limits = booted_.loaded.config.limits;
  drain_ordered_ = true;
  metrics_->SetPhase(Phase::kDraining);  // So that whoever asks next is told.
  const Metrics::Report report = metrics_->Tell();
  return {200, "application/json",
          Concat("{\"connections\":", report.connections, ",\"drain_timeout_ms\":",
                 (limits.drain_delay + limits.drain_timeout).count(), "}\n")};
}

// --- Reverse DNS -------------------------------------------------------------------------------

absl::Status Supervisor::PrepareNames(const Config& config) {
  if (!config.reverse_dns.enabled || names_ != nullptr) return absl::OkStatus();
  std::array<std::uint8_t, 16> seed{};
  Entropy entropy;
  if (!entropy.Fill(seed)) return absl::InternalError("the system gives no randomness");
  auto names = ReverseNames::Create(seed);
  if (!names) return absl::InternalError(ToString(Errors{names.error()}));
  questions_ = std::make_shared<NameQuestions>();
  names_ = *std::move(names);
  return absl::OkStatus();
}

void Supervisor::StartNames(const Config& config) {
  reverse_dns_.reset();  // Only one may write to the table.
  const bool wanted = config.reverse_dns.enabled && names_ != nullptr;
  metrics_->SetNames(wanted ? questions_ : nullptr);
  if (!wanted) return;
  auto started = ReverseDns::Create(config.reverse_dns, MasksOf(config), questions_, names_);
  if (!started.ok()) {
    Log(LogLevel::kError, "reverse-dns-unavailable", {{"error", started.status().ToString()}});
    return;
  }
  reverse_dns_ = *std::move(started);
}

std::shared_ptr<const ReverseNames> Supervisor::NamesFor(const Config& config) const {
  return config.reverse_dns.enabled ? names_ : nullptr;
}

LookUps Supervisor::LookUpsFor(const Config& config) const {
  return {booted_.geo, config.reverse_dns.enabled ? questions_ : nullptr, spend_desk_};
}

// --- Spends ------------------------------------------------------------------------------------

tl::expected<void, Error> Supervisor::PrepareSpends(const Config& config) {
  const bool any_sells =
      std::any_of(config.sites.begin(), config.sites.end(),
                  [](const SiteConfig& site) { return !site.secrets_file.empty(); });
  if (!any_sells || Numbers() != nullptr) return {};
  const bool is_fleet = bound_.spend_backend == SpendBackend::kRedis;
  std::shared_ptr<LocalSpends> local;
  if (!is_fleet || bound_.spend.redis.on_store_error == OnStoreError::kLocal) {
    local = counted_->MakeSpends(config.node);
  }
  if (is_fleet) return PrepareFleet(config, std::move(local));
  spends_ = std::move(local);
  spend_desk_ = std::make_shared<LocalSpendDesk>(spends_);
  return {};
}

// Changes nothing if it fails, so that it can be tried again. The store keeps `local`, which may be
// null.
tl::expected<void, Error> Supervisor::PrepareFleet(const Config& config,
                                                   std::shared_ptr<LocalSpends> local) {
  RedisOptions options;
  options.config = bound_.spend.redis;
  options.node = config.node;
  std::array<std::uint8_t, sizeof options.boot> boot{};
  if (!Entropy().Fill(boot)) {
    return tl::unexpected(
        Error{ErrorCode::kInternal, "spend.redis", "the system gives no randomness"});
  }
  std::memcpy(&options.boot, boot.data(), boot.size());
  auto spends = RedisSpends::Create(std::move(options), std::move(local));
  if (!spends.ok()) {
    return tl::unexpected(Error{ErrorCode::kInternal, "spend.redis", spends.status().ToString()});
  }
  redis_spends_ = *std::move(spends);
  spend_desk_ = redis_spends_;
  if (metrics_ != nullptr) metrics_->SetSpendStore(redis_spends_);
  return {};
}

std::shared_ptr<SpendNumbers> Supervisor::Numbers() const {
  if (redis_spends_ != nullptr) return redis_spends_;
  return spends_;
}

// --- The end -----------------------------------------------------------------------------------

int Supervisor::Drain() {
  const LimitsConfig& limits = booted_.loaded.config.limits;
  const milliseconds timeout = limits.drain_timeout;
  // Who follows is ready, and takes what is accepted from here on; nobody waits for this one.
  const milliseconds delay = succeeded_ ? milliseconds{0} : limits.drain_delay;
  const milliseconds idle =
      succeeded_ ? std::max(limits.drain_idle, timeout / 2) : limits.drain_idle;
  draining_ = true;
  Attempt(MemoryPlace::kMain, [this] { DropTrial("the end of the process"); });
  if (!succeeded_) {
    Attempt(MemoryPlace::kMain, [this] { EndRun(); });
    metrics_->SetPhase(Phase::kDraining);
  }
  Attempt(MemoryPlace::kMain, [&] {
    Log(LogLevel::kInfo, "draining",
        {{"timeout_ms", timeout.count()}, {"delay_ms", delay.count()}});
    notify_.Stopping(StatusLine(), delay + timeout);
  });
  std::size_t cut = 0;
  std::atomic<bool> done{false};
  std::thread drain;
  const auto start = [&] {
    drain = std::thread([this, timeout, delay, idle, &cut, &done] {
      std::this_thread::sleep_for(delay);
      cut = server_->Drain(timeout, std::min(idle, timeout));
      done.store(true);
      signals_.Wake();
    });
  };
  while (!Attempt(MemoryPlace::kMain, start)) std::this_thread::sleep_for(kMemoryRetry);
  while (!done.load()) {
    const std::optional<int> signal = signals_.Wait(
        std::min(kDrainLook, notify_.watchdog() ? BeatInterval(notify_) : kDrainLook));
    if (signal && *signal != SIGHUP) {
      // At once means at once: not even the connections are closed in order.
      Log(LogLevel::kWarning, "stopped", {{"by", "a second signal"}});
      StopLog();
      ::_exit(1);
    }
    Attempt(MemoryPlace::kMain, [this] {
      desk_.Serve();
      Beat();
      notify_.Status(StatusLine());
    });
  }
  drain.join();
  metrics_->EndLoops();
  server_->Stop();
  if (spend_desk_ != nullptr) spend_desk_->Close();
  server_.reset();
  desk_.Close();
  if (control_) control_->Stop();
  if (tcp_control_) tcp_control_->Stop();
  switches_->Stop();
  if (status_) status_->Stop();
  Log(LogLevel::kInfo, "stopped", {{"connections_cut", cut}});
  return 0;
}

// One line for `systemctl status`.
std::string Supervisor::StatusLine() const {
  const Metrics::Report report = metrics_->Tell();
  if (draining_) return Concat("Draining: ", report.connections, " connections are left");
  std::string line =
      Concat("Serving ", report.modes.size(), report.modes.size() == 1 ? " site" : " sites",
             ", generation ", engines_->generation());
  for (const SiteMode& mode : report.modes) {
    if (!mode.override) continue;
    line += Concat("; ", mode.site, " is ", GateModeName(mode.effective()), " by order");
  }
  for (const ToldOverride& told : report.orders) {
    const ModeOverride& order = told.order;
    if (order.rule.empty() || !order.mode || !told.waits.empty()) continue;
    line += Concat("; rule ", order.rule, order.site.empty() ? "" : Concat(" of ", order.site),
                   " is ", GateModeName(*order.mode), " by order");
  }
  for (const Problem& problem : ProblemsOf(report, WallClock())) {
    line += Concat("; ", problem.reason, ": ", problem.message);
  }
  constexpr std::size_t kMaxLine = 1'000;
  return line.size() <= kMaxLine ? line : Concat(line.substr(0, kMaxLine), "...");
}

}  // namespace stile
