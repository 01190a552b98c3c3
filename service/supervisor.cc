#include "service/supervisor.h"

#include <malloc.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

#include <absl/status/status.h>

#include "challenge/concat.h"
#include "engine/config/engine_build.h"
#include "engine/config/file_path.h"
#include "engine/config/key_rings.h"
#include "service/file_text.h"
#include "service/geo_files.h"
#include "service/guarded_time.h"
#include "service/list_admission.h"
#include "service/log.h"
#include "service/memory_refusals.h"
#include "service/utc_text.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kMetricsPort = 9464;

SocketAddress Loopback(std::uint16_t port) {
  SocketAddress address;
  address.host = "127.0.0.1";
  address.port = port;
  return address;
}

std::string_view ModeName(ListenerMode mode) {
  switch (mode) {
    case ListenerMode::kGateway:
      return "gateway";
    case ListenerMode::kPublic:
      return "public";
    case ListenerMode::kCheck:
      return "check";
    case ListenerMode::kForwardAuth:
      return "forward-auth";
    case ListenerMode::kSiteverify:
      return "siteverify";
    case ListenerMode::kSpop:
      return "spop";
    case ListenerMode::kExtAuthz:
      return "ext-authz";
  }
  return "unknown";
}

bool SameRate(const Rate& a, const Rate& b) {
  return a.count == b.count && a.period == b.period && a.burst == b.burst;
}

bool SameSha256Limits(const RedeemTables::Options& a, const RedeemTables::Options& b) {
  return SameRate(a.sha256_per_prefix, b.sha256_per_prefix) &&
         SameRate(a.sha256_global, b.sha256_global);
}

bool SameWaitLimits(const RedeemTables::Options& a, const RedeemTables::Options& b) {
  return SameRate(a.wait_per_prefix, b.wait_per_prefix) && SameRate(a.wait_global, b.wait_global) &&
         a.ipv4_prefix == b.ipv4_prefix && a.ipv6_prefix == b.ipv6_prefix;
}

// All of a listener, to tell whether two are the same.
std::string Describe(const ListenerConfig& listener) {
  std::string text =
      Concat(ToString(listener.address), " ", static_cast<int>(listener.mode), " ",
             static_cast<int>(listener.client_address), " ", static_cast<int>(listener.trust_unix),
             " ", listener.site, " ", listener.tls_fingerprint_field, " ",
             listener.tls.empty() ? "plain" : "tls");
  for (const Cidr& peer : listener.trusted_peers) {
    text += Concat(" ", peer.address.ToString(), "/", peer.length);
  }
  return text;
}

bool SameListeners(const Config& a, const Config& b) {
  return std::equal(a.listeners.begin(), a.listeners.end(), b.listeners.begin(), b.listeners.end(),
                    [](const ListenerConfig& left, const ListenerConfig& right) {
                      return Describe(left) == Describe(right);
                    });
}

// Whether a file, or something in one, is too large.
bool IsOverLimit(const LoadedConfig& loaded) {
  const auto is_limit = [](const Error& error) { return error.code == ErrorCode::kOutOfRange; };
  return std::any_of(loaded.config_errors.begin(), loaded.config_errors.end(), is_limit) ||
         std::any_of(loaded.policy_errors.begin(), loaded.policy_errors.end(), is_limit);
}

}  // namespace

Supervisor::Supervisor(SupervisorOptions options, SignalWatch& signals, SignalWatch& switch_signals)
    : options_(std::move(options)),
      signals_(signals),
      switch_signals_(switch_signals),
      notify_(NotifySocket::FromEnvironment()),
      desk_([&signals] { signals.Wake(); }),
      inherited_(InheritedSockets::FromEnvironment()),
      on_memory_refusal_([this] {
        if (!is_memory_short_.exchange(true)) signals_.Wake();
      }) {
  OnMemoryRefusal(&on_memory_refusal_);
}

Supervisor::~Supervisor() {
  if (spend_desk_ != nullptr) spend_desk_->Close();
  desk_.Close();
  if (control_) control_->Stop();
  if (tcp_control_) tcp_control_->Stop();
  // Whoever may call it is gone.
  if (server_) server_->Stop();
  if (switches_) switches_->Stop();
  if (status_) status_->Stop();
  OnMemoryRefusal(nullptr);
}

int Supervisor::Run() {
  GuardedTime::Set(clock_.origin());
  tl::expected<Booted, Errors> booted =
      options_.demo ? BootDemo() : Boot(options_.boot, WallClock());
  if (!booted) {
    Log(LogLevel::kError, "boot-refused", {{"errors", Texts(booted.error())}});
    notify_.Status(Concat("Refused to start: ", ToString(booted.error().front())));
    return 1;
  }
  booted_ = *std::move(booted);
  bound_ = booted_.loaded.config;
  SetLogLevel(bound_.log_level);
  if (options_.take_over && !ReachPredecessor()) return 1;
  if (!options_.take_over) BeginRun();  // Else once it has taken over.
  if (!Start()) {
    EndRun();  // A port that is taken is no crash.
    return 1;
  }
  while (true) {
    const std::optional<int> signal = signals_.Wait(Pause());
    // Without memory what is due is tried again; requests are served meanwhile.
    Attempt(MemoryPlace::kMain, [this] {
      desk_.Serve();
      Tend();
    });
    if (signal && *signal == SIGHUP) Attempt(MemoryPlace::kMain, [this] { Reload(); });
    if (drain_ordered_ || (signal && *signal != SIGHUP)) {
      return Drain();
    }
  }
}

tl::expected<Booted, Errors> Supervisor::BootDemo() {
  const auto failed = [](const absl::Status& status) {
    return tl::unexpected(
        Errors{Error{ErrorCode::kInternal, "demo site", std::string(status.message())}});
  };
  auto site = DemoSite::Create();
  if (!site.ok()) return failed(site.status());
  demo_ = *std::move(site);
  demo_->Start();
  ConfigTexts texts;
  texts.name = "demo.toml";
  texts.config = DemoConfig(options_.demo_listen.value_or(Loopback(8080)), demo_->address(),
                            options_.demo_metrics.value_or(Loopback(kMetricsPort)));
  texts.policies.push_back({"policy.toml", DemoPolicy()});
  Booted booted;
  booted.loaded = LoadTexts(std::move(texts));
  if (!booted.loaded.good()) {
    Errors errors = std::move(booted.loaded.config_errors);
    for (Error& error : booted.loaded.policy_errors) errors.push_back(std::move(error));
    return tl::unexpected(std::move(errors));
  }
  auto keys = TemporaryKeys(WallClock());
  if (!keys) return tl::unexpected(Errors{keys.error()});
  booted.keys = *std::move(keys);
  return booted;
}

bool Supervisor::Start() {
  if (!StartEngine()) return false;
  StartSwitches();
  StartStatus();
  StartControl();
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Create(booted_.loaded.config, *engines_, LookUpsFor(booted_.loaded.config),
                     booted_.tls.contexts, &inherited_);
  if (!server.ok()) {
    Log(LogLevel::kError, "boot-refused",
        {{"errors", std::vector<std::string>{std::string(server.status().message())}}});
    return false;
  }
  server_ = *std::move(server);
  booted_.tls.contexts.clear();  // The listeners have them.
  metrics_->ServeLoops(
      [server_ptr = server_.get()](const auto& visit) { server_ptr->VisitCounters(visit); });
  server_->OnOverload([this] { signals_.Wake(); });
  server_->Start();
  metrics_->SetRedeemDesk(server_->redeems());
  if (!server_->has_redeem_desk()) {
    Log(LogLevel::kWarning, "redeem-desk-unavailable",
        {{"message", "there is no thread to check solutions: the event loops check them"}});
  }
  if (!Succeed()) return false;
  WarnOfUnusedSockets();
  StartNames(booted_.loaded.config);
  Announce();
  Record();
  metrics_->SetPhase(Phase::kReady);
  Log(LogLevel::kInfo, "ready",
      {{"version", options_.version}, {"generation", engines_->generation()}});
  notify_.Ready(StatusLine());
  return true;
}

bool Supervisor::StartEngine() {
  const UnixMillis now = WallClock();
  const auto refuse = [](const Errors& errors) {
    Log(LogLevel::kError, "boot-refused", {{"errors", Texts(errors)}});
    return false;
  };
  if (auto opened = OpenTables(now); !opened) return refuse({opened.error()});
  auto tables = counted_->MakeRedeemTables(booted_.loaded.config.redeem_limits);
  if (!tables) return refuse({tables.error()});
  tables_ = *std::move(tables);
  auto rings = booted_.keys.Ring(now);
  if (!rings) return refuse(rings.error());
  const Config& config = booted_.loaded.config;
  if (const absl::Status prepared = PrepareNames(config); !prepared.ok()) {
    // As with metrics: crawlers that lists don't know are challenged, and that is all.
    Log(LogLevel::kError, "reverse-dns-unavailable", {{"error", prepared.ToString()}});
  }
  if (const auto prepared = PrepareSpends(config); !prepared) return refuse({prepared.error()});
  if (const auto prepared = PrepareMerge(); !prepared) {
    if (options_.boot.strict) return refuse({prepared.error()});
    // Each machine counts for itself, as without merging.
    booted_.degradations.push_back(Degradation::kBudgetMerge);
    booted_.mistakes.push_back(prepared.error());
    Log(LogLevel::kError, "budget-merge-down",
        {{"reason", ToString(Errors{prepared.error()})},
         {"message", "this machine counts budgets for itself until it is restarted"}});
  }
  auto engine = BuildEngine(config, *rings, booted_.keys.degraded, tables_, MemoryFor(config));
  if (!engine) return refuse(engine.error());
  ring_made_ = now;
  ring_ = std::make_unique<KeyRings>(*std::move(rings));
  engines_ = std::make_unique<EngineSlot>(*std::move(engine));
  metrics_ = std::make_unique<Metrics>(*engines_, options_.version, now);
  metrics_->SetBudgets(counted_->budgets());
  metrics_->SetKeys(ValiditiesOf(*ring_, config));
  metrics_->SetLists(ListStatesOf(booted_.loaded));
  metrics_->SetCertificates(booted_.tls.certificates);
  metrics_->SetReload(booted_.mistakes.empty(), now, Texts(booted_.mistakes));
  metrics_->SetSpendStore(redis_spends_);
  metrics_->SetBudgetMerge(redis_budgets_);
  for (const Degradation degradation : booted_.degradations) SetDegraded(degradation, true);
  return true;
}

void Supervisor::StartStatus() {
  const SocketAddress& address = booted_.loaded.config.metrics;
  if (!IsSet(address)) return;
  auto status = StatusListener::Create(address, *metrics_, *engines_, &inherited_);
  if (!status.ok() && options_.demo && !options_.demo_metrics) {
    status = StatusListener::Create(Loopback(0), *metrics_, *engines_);
  }
  if (!status.ok()) {
    // Serving without metrics beats not serving.
    Log(LogLevel::kError, "metrics-unavailable", {{"error", status.status().ToString()}});
    return;
  }
  status_ = *std::move(status);
  // Whoever looks sees the one that serves.
  if (!predecessor_) status_->Start();
  Log(LogLevel::kInfo, "listening",
      {{"address", ToString(status_->address())}, {"mode", "metrics"}});
}

// What works by every way must work before the first request, and needs none of the others. Who
// takes over begins anew at the last: until then orders go to the process before it.
void Supervisor::StartSwitches() {
  const std::string& directory = booted_.state_directory;
  Switchboard::Options options;
  options.state_directory = directory;
  options.mode_file = bound_.mode_file;
  if (options.mode_file.empty() && !directory.empty()) {
    options.mode_file = PathUnder(directory, "mode");
  }
  options.changed = [this] {
    modes_changed_.store(true);
    signals_.Wake();
  };
  switches_ =
      std::make_unique<Switchboard>(std::move(options), *engines_, *metrics_, &switch_signals_);
  switches_->Restore();
  if (!predecessor_) switches_->Start();
}

void Supervisor::StartControl() {
  const Config& config = booted_.loaded.config;
  if (!config.control_socket.empty()) {
    SocketAddress address;
    address.is_unix = true;
    address.path = config.control_socket;
    control_ = OpenControl({address, nullptr});
  }
  if (!IsSet(config.control_address)) return;
  const auto token = ControlToken::Load(config.control_token_file);
  if (token.ok()) {
    tcp_control_ =
        OpenControl({config.control_address, std::make_shared<const ControlToken>(*token)});
    return;
  }
  Log(LogLevel::kError, "control-unavailable",
      {{"error",
        Concat("control.token_file ", config.control_token_file, ": ", token.status().ToString())},
       {"message",
        "mend the file and restart; the control socket, the mode file and signals do "
        "without it"}});
}

// Null if it can't be opened: the log says why.
std::unique_ptr<ControlListener> Supervisor::OpenControl(ControlDoor door) {
  const SocketAddress wanted = door.address;
  auto control = ControlListener::Create(
      std::move(door), *metrics_, *engines_, desk_,
      {[this](const ModeOrder& order) { return switches_->Order(order); },
       [this](bool force) { return OrderReload(force); }, [this] { return OrderDrain(); },
       [this](const RevocationOrder& order) { return OrderRevocation(order); },
       [this] { return ListRevocations(); },
       [this](const PlainPeer& peer, std::size_t from) { return OrderTakeOver(peer, from); },
       [this](const PlainPeer& peer) { return OrderSucceed(peer); }},
      &inherited_);
  if (!control.ok()) {
    // As with metrics: whoever serves can still be told by signals and the mode file.
    Log(LogLevel::kError, "control-unavailable",
        {{"error", control.status().ToString()},
         {"message", wanted.is_unix
                         ? "see that the socket's folder is there and that no other stiled uses it"
                         : "see that the address is this machine's and that nobody else has it"}});
    return nullptr;
  }
  if (!predecessor_) (*control)->Start();
  Log(LogLevel::kInfo, "listening",
      {{"address", ToString((*control)->address())},
       {"mode", wanted.is_unix ? "control" : "control-tcp"}});
  return *std::move(control);
}

void Supervisor::Announce() {
  const std::vector<SocketAddress> addresses = server_->addresses();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    Log(LogLevel::kInfo, "listening",
        {{"address", ToString(addresses[i])}, {"mode", ModeName(bound_.listeners[i].mode)}});
  }
  if (options_.demo) {
    Log(LogLevel::kInfo, "demo", {{"upstream", ToString(demo_->address())}, {"keys", "temporary"}});
  }
  WarnOfFiles();
  if (booted_.degradations.empty()) return;
  std::vector<std::string> reasons;
  for (const Degradation degradation : booted_.degradations) {
    reasons.emplace_back(DegradationName(degradation));
  }
  Log(LogLevel::kError, "degraded", {{"reasons", reasons}, {"errors", Texts(booted_.mistakes)}});
}

void Supervisor::WarnOfFiles() const {
  for (const std::string& warning : KeyFileWarnings(booted_.keys)) {
    Log(LogLevel::kWarning, "key-file", {{"message", warning}});
  }
  for (const std::string& warning : booted_.tls.warnings) {
    Log(LogLevel::kWarning, "certificate", {{"message", warning}});
  }
}

std::vector<std::string> Supervisor::Reload(bool force) {
  std::vector<std::string> mistakes;
  try {
    notify_.Reloading();
    mistakes = TryReload(force);
  } catch (const std::exception& error) {  // No memory for another generation: this one serves on.
    NoteMemoryRefusal(MemoryPlace::kMain);
    metrics_->SetReload(false, WallClock());  // There may not even be some to say more.
    mistakes = {Concat("the reload failed: ", error.what())};
    metrics_->SetReload(false, WallClock(), mistakes);
    Log(LogLevel::kError, "reload-rejected",
        {{"generation", engines_->generation()}, {"errors", mistakes}});
  }
  // What a refused candidate needed goes back to the system.
  if (!mistakes.empty()) ::malloc_trim(0);
  ready_owed_ = !Attempt(MemoryPlace::kMain, [this] { notify_.Ready(StatusLine()); });
  return mistakes;
}

std::vector<std::string> Supervisor::TryReload(bool force) {
  if (options_.demo) {
    Log(LogLevel::kInfo, "reload-ignored", {{"message", "the demo has no files"}});
    return {"the demo has no files"};
  }
  if (force) BelieveClock();
  const UnixMillis now = WallClock();
  Candidate next;
  ReloadErrors errors;
  next.loaded = LoadConfig(options_.boot.config_path);
  const Config& config = next.loaded.config;
  auto keys = LoadKeys(config, now);
  if (!keys) errors.keys = std::move(keys.error());
  next.geo = OpenGeoDatabases(config.geo, errors.geo);
  if (!force) {
    errors.lists = CheckLists(booted_.loaded.config, config);
    errors.emptied = CheckEmptied(booted_.loaded.config, config, next.loaded.texts);
  }
  next.tls = LoadTls(config, now, booted_.tickets, errors.tls);
  const bool others_good =
      errors.geo.empty() && errors.lists.empty() && errors.emptied.empty() && errors.tls.empty();
  if (!next.loaded.good() || !keys || !others_good) return RejectReload(next, errors);
  next.keys = *std::move(keys);
  auto rings = next.keys.Ring(now);
  if (!rings) {
    errors.keys = std::move(rings.error());
    return RejectReload(next, errors);
  }
  next.rings = std::make_unique<KeyRings>(*std::move(rings));
  if (const absl::Status prepared = PrepareNames(config); !prepared.ok()) {
    next.loaded.config_errors.push_back(
        Error{ErrorCode::kInternal, "agents.reverse_dns", std::string(prepared.message())});
    return RejectReload(next, errors);
  }
  if (auto prepared = PrepareSpends(config); !prepared) {
    next.loaded.config_errors.push_back(std::move(prepared.error()));
    return RejectReload(next, errors);
  }
  auto engine = BuildEngine(config, *next.rings, false, tables_, MemoryFor(config));
  if (!engine) {
    next.loaded.config_errors = std::move(engine.error());
    return RejectReload(next, errors);
  }
  next.engine = *std::move(engine);
  if (auto refusal = RefusalOf(next, force)) return *std::move(refusal);
  if (NeedsTrial(next, force)) {
    BeginTrial(std::move(next), now);
    return {};
  }
  ring_made_ = now;
  Adopt(std::move(next));
  return {};
}

std::vector<std::string> Supervisor::RejectReload(const Candidate& next,
                                                  const ReloadErrors& errors) {
  const LoadedConfig& loaded = next.loaded;
  // Keys of a configuration that can't be read are not known to be wrong.
  const bool keys_count = loaded.config_errors.empty() || !loaded.config.keys_file.empty();
  Errors all;
  const auto add = [&](const Errors& more, RejectReason reason) {
    if (more.empty()) return;
    metrics_->CountRejected(reason);
    all.insert(all.end(), more.begin(), more.end());
  };
  add(loaded.config_errors, RejectReason::kConfig);
  add(loaded.policy_errors, RejectReason::kPolicy);
  if (IsOverLimit(loaded)) metrics_->CountRejected(RejectReason::kLimit);
  if (keys_count) add(errors.keys, RejectReason::kKeys);
  add(errors.geo, RejectReason::kGeo);
  add(errors.lists, RejectReason::kLists);
  add(errors.emptied, RejectReason::kPolicy);
  add(errors.tls, RejectReason::kCertificates);
  std::vector<std::string> texts = Texts(all);
  metrics_->SetReload(false, WallClock(), texts,
                      all.size() == errors.lists.size() + errors.emptied.size());
  Log(LogLevel::kError, "reload-rejected",
      {{"generation", engines_->generation()}, {"errors", texts}});
  return texts;
}

// Without an engine it is that on trial.
void Supervisor::Adopt(Candidate next) {
  if (next.engine != nullptr) DropTrial("a reload");
  const Config& config = next.loaded.config;
  const std::vector<std::string> restart = NeedsRestart(config);
  std::string directory = options_.boot.state_directory.empty() ? config.state_directory
                                                                : options_.boot.state_directory;
  LookUps look_ups = LookUpsFor(config);
  look_ups.databases = next.geo;
  auto routing = Routing::Of(config, std::move(look_ups));
  const auto routing_before = server_->routing();
  metrics_->Settle();
  // A site that is new finds its upstream.
  server_->UseRouting(std::move(routing));
  std::uint64_t generation = 0;
  try {
    generation = next.engine != nullptr ? switches_->Publish(std::move(next.engine))
                                        : switches_->PublishTrial();
  } catch (const std::exception&) {
    server_->UseRouting(routing_before);
    throw;
  }
  // It serves. From here on nothing is undone, and nothing left out for lack of memory but words.
  server_->UseTls(next.tls.contexts);
  next.tls.contexts.clear();  // The old ones live as long as their connections.
  collecting_ = true;
  adopted_ = true;
  booted_.geo = std::move(next.geo);
  ring_ = std::move(next.rings);
  booted_.loaded = std::move(next.loaded);
  booted_.keys = std::move(next.keys);
  booted_.tls = std::move(next.tls);
  booted_.mistakes.clear();
  booted_.state_directory = std::move(directory);
  metrics_->SetReload(true, ring_made_);
  Attempt(MemoryPlace::kMain, [this] { TendAdopted(); });
  Attempt(MemoryPlace::kMain, [&] {
    Record();
    AdoptInRun(admission_.digest);
    Log(LogLevel::kInfo, "reloaded", {{"generation", generation}});
    WarnOfFiles();
    if (!restart.empty()) {
      Log(LogLevel::kWarning, "restart-needed",
          {{"keys", restart}, {"message", "these changes take effect with a restart"}});
    }
  });
}

void Supervisor::TendAdopted() {
  if (!adopted_) return;
  const Config& config = booted_.loaded.config;
  StartNames(config);
  metrics_->SetKeys(ValiditiesOf(*ring_, config));
  metrics_->SetLists(ListStatesOf(booted_.loaded));
  metrics_->SetCertificates(booted_.tls.certificates);
  SetLogLevel(config.log_level);
  for (const Degradation degradation :
       {Degradation::kLastGood, Degradation::kMinimalPolicy, Degradation::kGenerationPinned,
        Degradation::kKeys, Degradation::kGeo, Degradation::kCertificates}) {
    SetDegraded(degradation, false);
  }
  adopted_ = false;
}

std::vector<std::string> Supervisor::NeedsRestart(const Config& next) const {
  std::vector<std::string> keys;
  if (!SameListeners(next, bound_)) keys.emplace_back("listener");
  if (ToString(next.metrics) != ToString(bound_.metrics)) keys.emplace_back("metrics.address");
  if (next.control_socket != bound_.control_socket) keys.emplace_back("control.socket");
  if (ToString(next.control_address) != ToString(bound_.control_address)) {
    keys.emplace_back("control.address");
  }
  if (next.control_token_file != bound_.control_token_file) {
    keys.emplace_back("control.token_file");
  }
  if (next.mode_file != bound_.mode_file) keys.emplace_back("control.mode_file");
  if (next.limits.loops != bound_.limits.loops) keys.emplace_back("limits.loops");
  if (!SameWaitLimits(next.redeem_limits, bound_.redeem_limits)) keys.emplace_back("wait");
  if (!SameSha256Limits(next.redeem_limits, bound_.redeem_limits)) keys.emplace_back("sha256");
  if (next.spend_backend != bound_.spend_backend || next.spend_sizes != bound_.spend_sizes ||
      next.spend != bound_.spend) {
    keys.emplace_back("spend");
  }
  // What is merged goes over the connection that the process began with.
  const bool merge_changed = next.budget_merge != bound_.budget_merge ||
                             (bound_.budget_merge.merging != BudgetMerging::kOff &&
                              next.spend.redis != bound_.spend.redis);
  if (next.budget_sizes != bound_.budget_sizes || merge_changed) keys.emplace_back("budgets");
  if (next.state_tables != bound_.state_tables) keys.emplace_back("state.tables");
  return keys;
}

void Supervisor::SetDegraded(Degradation degradation, bool degraded) {
  const std::optional<DegradedPeriod> period = metrics_->SetDegraded(degradation, degraded);
  if (!period || TextOf(degradation).has_own_events) return;
  const std::string_view reason = DegradationName(degradation);
  if (!degraded) {
    const milliseconds lasted = WallClock() - period->since;
    Log(LogLevel::kInfo, "recovered",
        {{"reason", reason},
         {"since", UtcText(period->since)},
         {"seconds", lasted.count() / 1000},
         {"requests", period->requests}});
  } else if (degradation == Degradation::kOverload || degradation == Degradation::kMemory) {
    // What files are to blame for is told with their mistakes.
    Log(LogLevel::kError, "degraded",
        {{"reasons", std::vector<std::string>{std::string(reason)}},
         {"errors", std::vector<std::string>{}},
         {"message", TextOf(degradation).doing}});
  }
}

}  // namespace stile
