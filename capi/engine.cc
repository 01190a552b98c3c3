// The functions of stile.h about tables and engines.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capi/findings.h"
#include "capi/given_text.h"
#include "capi/guarded.h"
#include "capi/handles.h"
#include "capi/sized.h"
#include "capi/stile.h"
#include "engine/admission/admission.h"
#include "engine/config/engine_config.h"
#include "engine/config/table_sizes.h"
#include "engine/counters.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kNameRoom = 72;

// Copies as much of `text` as there is room for, and a zero.
void PutName(std::string_view text, char* out) noexcept {
  const std::size_t size = std::min(text.size(), kNameRoom - 1);
  if (size > 0) std::memcpy(out, text.data(), size);
  out[size] = '\0';
}

// --- Tables ------------------------------------------------------------------------------------

// Calls `open` with the sizes of `config`'s tables. `open` returns an expected of some tables.
template <typename Open>
stile_status OpenTables(const stile_config* config, stile_report* report, Open open) {
  if (!IsSized(config) || (report != nullptr && !IsSized(report))) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  const stile_config given = ReadSized(*config);
  CallerFiles files(given);
  if (!files.AreTexts()) return STILE_ERR_INVALID_ARGUMENT;
  Findings findings(report);
  const auto refuse = [&findings](const Errors& errors) {
    findings.AddErrors(errors);
    return StatusOf(errors);
  };
  const auto text = files.Read(files.name(), kMaxConfig);
  if (!text) {
    return refuse({Error{text.error().code, std::string(files.name()), text.error().message}});
  }
  EngineConfig read;
  if (const Errors errors = ReadEngineConfig(*text, files.name(), read); !errors.empty()) {
    return refuse(errors);
  }
  if (const auto opened = open(TableSizesOf(read)); !opened) {
    findings.AddErrors({opened.error()});
    return StatusOf({opened.error()});
  }
  return STILE_OK;
}

// Puts tables that were made into a handle.
tl::expected<void, Error> Keep(tl::expected<std::shared_ptr<Tables>, Error> made,
                               stile_tables** tables) {
  if (!made) return tl::unexpected(std::move(made.error()));
  *tables = new stile_tables{*std::move(made)};
  return {};
}

// --- Engines -----------------------------------------------------------------------------------

// Lets the maker go again, whatever happens.
class Making {
 public:
  Making(EngineMaker& maker, ReadConfiguration& configuration, CallerFiles& files, UnixMillis now)
      : maker_(maker) {
    maker_.Begin(configuration, files, now);
  }
  ~Making() { maker_.Finish(); }
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

 private:
  EngineMaker& maker_;
};

bool IsMode(std::int32_t mode) noexcept {
  return mode >= STILE_MODE_CONFIGURED && mode <= STILE_MODE_ATTACK;
}

// What a new engine counts in.
tl::expected<std::shared_ptr<Tables>, Error> TablesFor(const stile_engine_options& options,
                                                       const ReadConfiguration& read) {
  if (options.tables != nullptr) return options.tables->tables;
  if (options.predecessor != nullptr) return options.predecessor->maker.tables();
  return Tables::Private(TableSizesOf(read.loaded ? read.loaded->config : EngineConfig()));
}

// What `predecessor` thinks of the configuration that `maker` makes.
AdmissionVerdict JudgeSuccessor(const stile_engine& predecessor, EngineMaker& maker,
                                const ReadConfiguration& read,
                                const stile_engine_options& options) {
  const std::string serving = predecessor.keeper->stats().digest;
  auto made = maker.Make(read.source);
  if (!made) return RefusedForMistakes(std::move(made.error()), read.digest, serving);
  const Candidate candidate{*made->engine, read.digest, made->blast_radius_override};
  return JudgeCandidate(candidate, predecessor.keeper->slot(), serving,
                        predecessor.keeper->limits(), (options.flags & STILE_ENGINE_FORCE) != 0,
                        UnixMillis{options.now_ms});
}

stile_status StatusOf(const AdmissionVerdict& verdict) noexcept {
  if (verdict.admitted()) return STILE_OK;
  const bool is_wrong =
      verdict.refusal == AdmissionRefusal::kMistakes || verdict.refusal == AdmissionRefusal::kLimit;
  return is_wrong ? StatusOf(verdict.errors) : STILE_ERR_REFUSED;
}

// The sources that have proven good, of the predecessor or of the caller.
bool ReadLastGood(const stile_engine_options& options, std::vector<std::string>& out) {
  if (options.predecessor != nullptr) {
    const std::lock_guard lock(options.predecessor->mutex);
    out = options.predecessor->keeper->LastGood();
    return true;
  }
  if (options.last_good == nullptr) return options.last_good_count == 0;
  for (std::size_t i = 0; i < options.last_good_count; ++i) {
    if (!IsText(options.last_good[i])) return false;
    out.emplace_back(TextOf(options.last_good[i]));
  }
  return true;
}

// What a new engine takes over, and what its predecessor thinks of it.
stile_status Succeed(const stile_engine& predecessor, EngineMaker& maker,
                     const ReadConfiguration& read, const stile_engine_options& options,
                     Findings& findings) {
  AdmissionVerdict verdict;
  {
    const std::lock_guard lock(predecessor.mutex);
    maker.SetMode(predecessor.maker.mode());
    verdict = JudgeSuccessor(predecessor, maker, read, options);
  }
  // The caller's callbacks may call the library.
  findings.AddVerdict(verdict);
  return StatusOf(verdict);
}

stile_status Make(const stile_engine_options& options, CallerFiles& files, Findings& findings,
                  std::unique_ptr<stile_engine>& out) {
  const UnixMillis now{options.now_ms};
  std::vector<std::string> last_good;
  if (!ReadLastGood(options, last_good)) return STILE_ERR_INVALID_ARGUMENT;
  ReadConfiguration read = ReadConfiguration::Of(files, now);
  findings.SetDigest(read.digest);
  if (!read.loaded) {
    findings.AddErrors(read.loaded.error());
    findings.SetRefusal(AdmissionRefusal::kMistakes);
    if (options.predecessor != nullptr || last_good.empty()) return StatusOf(read.loaded.error());
  }
  auto tables = TablesFor(options, read);
  if (!tables) {
    findings.AddErrors({tables.error()});
    return StatusOf(Errors{tables.error()});
  }
  auto engine = std::make_unique<stile_engine>(*std::move(tables));
  EngineMaker& maker = engine->maker;
  const Making making(maker, read, files, now);
  if (options.predecessor != nullptr) {
    const stile_status status = Succeed(*options.predecessor, maker, read, options, findings);
    if (status != STILE_OK) return status;
  }
  auto keeper = EngineKeeper::Create(
      read.source, std::move(last_good),
      [&maker](std::string_view source, std::optional<GateMode>) { return maker.Make(source); },
      read.loaded ? read.loaded->config.admission.limits : AdmissionLimits(),
      milliseconds{options.steady_ms});
  if (!keeper) {
    // What there was to say of the configuration itself was said.
    if (read.loaded) findings.AddErrors(keeper.error());
    return StatusOf(keeper.error());
  }
  if (read.loaded) findings.SetRefusal(AdmissionRefusal::kNone);
  engine->keeper = *std::move(keeper);
  engine->keeper->UseLimits(maker.limits());
  out = std::move(engine);
  return STILE_OK;
}

// With the lock.
AdmissionVerdict Offer(stile_engine& engine, const stile_engine_options& options,
                       ReadConfiguration& read, CallerFiles& files) {
  const UnixMillis now{options.now_ms};
  const Making making(engine.maker, read, files, now);
  const bool forced = (options.flags & STILE_ENGINE_FORCE) != 0;
  AdmissionVerdict verdict =
      engine.keeper->Offer(read.source, forced, now, milliseconds{options.steady_ms});
  if (!verdict.admitted()) return verdict;
  engine.Turn();  // The mode may have been turned meanwhile.
  if (verdict.on_trial) {
    engine.trial_limits = engine.maker.limits();
  } else {
    engine.keeper->UseLimits(engine.maker.limits());
  }
  return verdict;
}

stile_status Reload(stile_engine& engine, const stile_engine_options& options, CallerFiles& files,
                    Findings& findings) {
  // The caller's callbacks may call the library, so none is called with the lock.
  ReadConfiguration read = ReadConfiguration::Of(files, UnixMillis{options.now_ms});
  findings.SetDigest(read.digest);
  AdmissionVerdict verdict;
  {
    const std::lock_guard lock(engine.mutex);
    verdict = Offer(engine, options, read, files);
  }
  findings.AddVerdict(verdict);
  return StatusOf(verdict);
}

// Has the engine serve by the limits of what was on trial, once that serves everybody.
void TakeLimits(stile_engine& engine, const std::string& trial) {
  const EngineKeeper::Stats now = engine.keeper->stats();
  if (!trial.empty() && now.trial.empty() && now.digest == trial) {
    engine.keeper->UseLimits(engine.trial_limits);
  }
}

// Calls `work` with what a caller handed over, if all of it is what it must be.
template <typename Work>
stile_status WithConfig(const stile_config* config, const stile_engine_options* options,
                        stile_report* report, Work work) {
  if (!IsSized(config) || !IsSized(options) || (report != nullptr && !IsSized(report))) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  const stile_config given = ReadSized(*config);
  CallerFiles files(given);
  if (!files.AreTexts()) return STILE_ERR_INVALID_ARGUMENT;
  Findings findings(report);
  return work(ReadSized(*options), files, findings);
}

// --- Numbers -----------------------------------------------------------------------------------

std::uint64_t SumOf(const Counters& all, Action action) noexcept {
  std::uint64_t sum = 0;
  for (const auto& site : all.decisions) {
    for (const Counter& counter : site[static_cast<std::size_t>(action)]) sum += counter.Get();
  }
  return sum;
}

// The counters of every worker there is and was.
void AddUp(EngineSlot& slot, Counters& sum, std::size_t& sites) {
  slot.Inspect(
      [&](const Engine& engine, const std::vector<Worker*>& workers, const Counters& departed) {
        sites = engine.site_count();
        sum.Add(departed);
        for (const Worker* worker : workers) sum.Add(worker->counters());
      });
}

void FillStats(const Counters& sum, stile_stats& stats) noexcept {
  stats.allowed = SumOf(sum, Action::kAllow);
  stats.challenged = SumOf(sum, Action::kChallenge);
  stats.denied = SumOf(sum, Action::kDeny);
  stats.served = SumOf(sum, Action::kServe);
  stats.challenges_issued = sum.challenges_issued.Get();
  stats.issue_failures = sum.issue_failures.Get();
  for (const auto& puzzle : sum.redeems) {
    for (std::size_t verdict = 0; verdict < kVerdictCount; ++verdict) {
      const bool is_valid = verdict == static_cast<std::size_t>(Verdict::kValid);
      (is_valid ? stats.redeemed : stats.redeems_refused) += puzzle[verdict].Get();
    }
  }
  stats.renewed = sum.clearances_renewed.Get();
  stats.tokens_sold = sum.token_sales[static_cast<std::size_t>(Counters::TokenSale::kSold)].Get();
  stats.client_address_unknown = sum.client_address_unknown.Get();
}

}  // namespace
}  // namespace stile

// The one on trial first: it may take the other's place in between.
void stile_engine::Turn() {
  keeper->slot().InspectTrial([this](const stile::Engine& engine) { maker.Turn(engine); });
  keeper->slot().Inspect([this](const stile::Engine& engine, const std::vector<stile::Worker*>&,
                                const stile::Counters&) { maker.Turn(engine); });
}

using namespace stile;

extern "C" {

stile_status stile_tables_open(const stile_config* config, const char* path, stile_report* report,
                               stile_tables** tables) {
  if (path == nullptr || tables == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    return OpenTables(config, report, [&](const TableSizes& sizes) {
      return Keep(Tables::Shared(path, sizes), tables);
    });
  });
}

stile_status stile_tables_room(const stile_config* config, stile_report* report, size_t* room) {
  if (room == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    return OpenTables(config, report, [&](const TableSizes& sizes) -> tl::expected<void, Error> {
      *room = Tables::BytesFor(sizes);
      return {};
    });
  });
}

stile_status stile_tables_attach(const stile_config* config, void* memory, size_t room,
                                 stile_report* report, stile_tables** tables) {
  if (memory == nullptr || tables == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    return OpenTables(config, report, [&](const TableSizes& sizes) {
      return Keep(Tables::Borrowed({static_cast<std::byte*>(memory), room}, sizes), tables);
    });
  });
}

void stile_tables_free(stile_tables* tables) { delete tables; }

stile_status stile_engine_new(const stile_config* config, const stile_engine_options* options,
                              stile_report* report, stile_engine** engine) {
  if (engine == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    return WithConfig(
        config, options, report,
        [&](const stile_engine_options& given, CallerFiles& files, Findings& findings) {
          std::unique_ptr<stile_engine> made;
          const stile_status status = Make(given, files, findings, made);
          if (status == STILE_OK) *engine = made.release();
          return status;
        });
  });
}

stile_status stile_engine_reload(stile_engine* engine, const stile_config* config,
                                 const stile_engine_options* options, stile_report* report) {
  if (engine == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    return WithConfig(config, options, report,
                      [&](const stile_engine_options& given, CallerFiles& files,
                          Findings& findings) { return Reload(*engine, given, files, findings); });
  });
}

stile_status stile_engine_tick(stile_engine* engine, int64_t steady_ms, stile_tick* tick) {
  if (engine == nullptr || (tick != nullptr && !IsSized(tick))) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    const std::lock_guard lock(engine->mutex);
    EngineKeeper& keeper = *engine->keeper;
    const EngineKeeper::Stats before = keeper.stats();
    stile_tick found{};
    found.promoted = keeper.Tick(milliseconds{steady_ms}) ? 1 : 0;
    found.rolled_back = keeper.stats().rolled_back != before.rolled_back ? 1 : 0;
    TakeLimits(*engine, before.trial);
    found.retired = static_cast<std::uint32_t>(keeper.slot().Collect());
    if (tick != nullptr) WriteSized(*tick, found);
    return STILE_OK;
  });
}

stile_status stile_engine_last_good(const stile_engine* engine, size_t index, char* out,
                                    size_t room, size_t* size) {
  if (engine == nullptr || size == nullptr || (out == nullptr && room > 0)) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  return Guarded([&]() -> stile_status {
    const std::lock_guard lock(engine->mutex);
    const std::vector<std::string> sources = engine->keeper->LastGood();
    if (index >= sources.size()) return STILE_ERR_NOT_FOUND;
    const std::string& source = sources[index];
    *size = source.size();
    if (source.size() > room) return STILE_ERR_NO_ROOM;
    std::memcpy(out, source.data(), source.size());
    return STILE_OK;
  });
}

stile_status stile_engine_set_mode(stile_engine* engine, int32_t mode) {
  if (engine == nullptr || !IsMode(mode)) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    engine->maker.SetMode(mode);
    engine->Turn();
    return STILE_OK;
  });
}

stile_status stile_engine_stats(stile_engine* engine, stile_stats* stats) {
  if (engine == nullptr || !IsSized(stats)) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    const std::lock_guard lock(engine->mutex);
    EngineKeeper& keeper = *engine->keeper;
    const EngineKeeper::Stats known = keeper.stats();
    const auto sum = std::make_unique<Counters>();
    std::size_t sites = 0;
    AddUp(keeper.slot(), *sum, sites);
    stile_stats found{};
    found.mode = engine->maker.mode();
    found.from_last_good = known.from_last_good ? 1 : 0;
    found.site_count = static_cast<std::uint32_t>(sites);
    found.generation = known.generation;
    found.reloads = known.offered;
    found.refused = known.refused;
    found.rolled_back = known.rolled_back;
    found.promoted = known.promoted;
    FillStats(*sum, found);
    PutName(known.digest, found.digest);
    PutName(known.trial, found.trial);
    WriteSized(*stats, found);
    return STILE_OK;
  });
}

stile_status stile_engine_decisions(stile_engine* engine, uint32_t site, int32_t action,
                                    int32_t verdict, uint64_t* count) {
  if (engine == nullptr || count == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&]() -> stile_status {
    if (action < 0 || static_cast<std::size_t>(action) >= kActionCount || verdict < 0 ||
        static_cast<std::size_t>(verdict) >= kVerdictCount) {
      return STILE_ERR_NOT_FOUND;
    }
    const auto sum = std::make_unique<Counters>();
    std::size_t sites = 0;
    AddUp(engine->keeper->slot(), *sum, sites);
    if (site >= sites) return STILE_ERR_NOT_FOUND;
    const std::size_t cell = std::min<std::size_t>(site, Counters::kSites - 1);
    *count =
        sum->decisions[cell][static_cast<std::size_t>(action)][static_cast<std::size_t>(verdict)]
            .Get();
    return STILE_OK;
  });
}

stile_status stile_engine_site_name(stile_engine* engine, uint32_t site, char* out) {
  if (engine == nullptr || out == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    stile_status status = STILE_ERR_NOT_FOUND;
    engine->keeper->slot().Inspect(
        [&](const Engine& serving, const std::vector<Worker*>&, const Counters&) {
          if (site >= serving.site_count()) return;
          PutName(serving.site_options(site).name, out);
          status = STILE_OK;
        });
    return status;
  });
}

void stile_engine_free(stile_engine* engine) { delete engine; }

}  // extern "C"
