#include "engine/admission/engine_keeper.h"

#include <exception>
#include <utility>

#include "engine/admission/decision_count.h"
#include "verifier/policy/hex_digest.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

bool IsBlank(std::string_view source) {
  return source.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Errors One(ErrorCode code, std::string message) { return {Error{code, "", std::move(message)}}; }

Errors OutOfMemory() { return One(ErrorCode::kInternal, "there is no memory for it"); }

// The maker's engine, whatever it does.
tl::expected<EngineKeeper::Made, Errors> MakeSafely(const EngineKeeper::Maker& maker,
                                                    std::string_view source,
                                                    std::optional<GateMode> mode,
                                                    const AdmissionLimits& limits) {
  if (source.size() > limits.max_source) {
    return tl::unexpected(One(ErrorCode::kOutOfRange,
                              "the source has " + std::to_string(source.size()) +
                                  " bytes: use at most " + std::to_string(limits.max_source)));
  }
  try {
    auto made = maker(source, mode);
    if (made && made->engine == nullptr) {
      return tl::unexpected(One(ErrorCode::kInternal, "nothing was made of it"));
    }
    if (!made && made.error().empty()) made.error() = One(ErrorCode::kInternal, "it can't be made");
    return made;
  } catch (const std::exception& failure) {
    return tl::unexpected(One(ErrorCode::kInternal, failure.what()));
  } catch (...) {
    return tl::unexpected(One(ErrorCode::kInternal, "it can't be made"));
  }
}

// True if a site that serves has temporary keys: whatever has others honours none of its
// clearances, and is better all the same.
bool TrustsNoKeys(EngineSlot& slot) {
  bool any = false;
  slot.Inspect([&any](const Engine& engine, const std::vector<Worker*>&, const Counters&) {
    for (std::size_t i = 0; i < engine.site_count(); ++i) {
      any = any || engine.site_options(i).keys_degraded;
    }
  });
  return any;
}

}  // namespace

tl::expected<std::unique_ptr<EngineKeeper>, Errors> EngineKeeper::Create(
    std::string source, std::vector<std::string> last_good, Maker maker, AdmissionLimits limits,
    milliseconds steady_now) {
  auto made = MakeSafely(maker, source, std::nullopt, limits);
  Errors mistakes = made ? Errors{} : made.error();
  const bool from_last_good = !made;
  for (std::size_t i = 0; !made && i < last_good.size(); ++i) {
    source = last_good[i];
    made = MakeSafely(maker, source, std::nullopt, limits);
  }
  if (!made) return tl::unexpected(std::move(mistakes));
  std::string digest = HexDigestOf(source);
  std::unique_ptr<EngineKeeper> keeper(new EngineKeeper(
      {std::move(digest), std::move(source)}, std::move(made->engine), std::move(maker), limits));
  for (std::size_t i = last_good.size(); i-- > 0;) {
    keeper->good_.Promote({HexDigestOf(last_good[i]), std::move(last_good[i])});
  }
  keeper->stats_.from_last_good = from_last_good;
  if (!from_last_good) keeper->soak_.Begin(keeper->serving_.digest, steady_now, 0);
  return keeper;
}

EngineKeeper::EngineKeeper(Generation serving, std::unique_ptr<const Engine> engine, Maker maker,
                           AdmissionLimits limits)
    : maker_(std::move(maker)),
      limits_(limits),
      slot_(std::move(engine)),
      serving_(std::move(serving)),
      good_(limits.generations),
      out_of_memory_(OutOfMemory()) {}

AdmissionVerdict EngineKeeper::Offer(std::string source, bool forced, UnixMillis now,
                                     milliseconds steady_now) noexcept {
  AdmissionVerdict verdict;
  try {
    verdict = TryOffer(std::move(source), forced, now, steady_now);
  } catch (...) {
    verdict.refusal = AdmissionRefusal::kFault;
    verdict.errors = SayOutOfMemory();
  }
  if (!verdict.admitted()) ++stats_.refused;
  return verdict;
}

Errors EngineKeeper::SayOutOfMemory() noexcept {
  Errors said = std::exchange(out_of_memory_, {});
  try {
    out_of_memory_ = OutOfMemory();
    if (said.empty()) said = out_of_memory_;
  } catch (...) {
    // There is none for the next time. What is asked for then says so by its refusal alone.
    out_of_memory_.clear();
  }
  return said;
}

AdmissionVerdict EngineKeeper::TryOffer(std::string source, bool forced, UnixMillis now,
                                        milliseconds steady_now) {
  ++stats_.offered;
  if (!forced && IsBlank(source) && !IsBlank(serving_.source)) {
    return RefusedForMistakes(
        One(ErrorCode::kFailedPrecondition,
            "the source is empty, and what serves isn't: if that is meant, insist"),
        HexDigestOf(source), serving_.digest);
  }
  const bool is_large = source.size() > limits_.max_source;
  std::string digest = is_large ? std::string() : HexDigestOf(source);
  auto made = MakeSafely(maker_, source, mode_, limits_);
  if (!made) {
    return RefusedForMistakes(std::move(made.error()), std::move(digest), serving_.digest);
  }
  if (!forced && digest == rollback_.candidate) return rollback_;
  const Candidate candidate{*made->engine, digest, made->blast_radius_override};
  AdmissionVerdict verdict =
      JudgeCandidate(candidate, slot_, serving_.digest, limits_, forced, now);
  if (!verdict.admitted()) return verdict;
  verdict.on_trial = limits_.HasCohort() && digest != serving_.digest && !TrustsNoKeys(slot_) &&
                     !(forced && made->at_once);
  Generation next{std::move(digest), std::move(source)};
  if (verdict.on_trial) {
    Try(std::move(next), std::move(made->engine), steady_now);
  } else {
    Adopt(std::move(next), std::move(made->engine), steady_now);
  }
  return verdict;
}

// Nothing after Publish can fail, here and in Try.
void EngineKeeper::Adopt(Generation next, std::unique_ptr<const Engine> engine,
                         milliseconds steady_now) {
  const std::uint64_t requests = CountDecisions(slot_);
  std::string soaking = next.digest;
  if (engine != nullptr) {
    slot_.Publish(std::move(engine));
  } else {
    slot_.PublishTrial();
  }
  trial_.End();
  serving_ = std::move(next);
  stats_.from_last_good = false;
  soak_.Begin(std::move(soaking), steady_now, requests);
}

void EngineKeeper::Try(Generation candidate, std::unique_ptr<const Engine> engine,
                       milliseconds steady_now) {
  std::string digest = candidate.digest;
  slot_.Try(std::move(engine), {limits_.cohort, CohortSeed(digest)});
  candidate_ = std::move(candidate);
  trial_.Begin(std::move(digest), steady_now);
}

void EngineKeeper::TendTrial(milliseconds steady_now) {
  const std::optional<CohortComparison> comparison = slot_.CompareCohorts();
  if (!comparison) trial_.End();
  if (!trial_.is_on()) return;
  const Trial::State state = trial_.Look(limits_, steady_now, *comparison);
  if (state == Trial::State::kPassed) return Adopt(candidate_, nullptr, steady_now);
  if (state != Trial::State::kWorse) return;
  slot_.EndTrial();
  trial_.End();
  ++stats_.rolled_back;
  rollback_ = {};
  rollback_.refusal = AdmissionRefusal::kRolledBack;
  rollback_.candidate = candidate_.digest;
  rollback_.serving = serving_.digest;
  rollback_.errors = WhyWorse(*comparison, limits_);
}

Errors EngineKeeper::SetMode(std::optional<GateMode> mode) noexcept {
  try {
    auto made = MakeSafely(maker_, serving_.source, mode, limits_);
    if (!made) return std::move(made.error());
    slot_.Publish(std::move(made->engine));
    mode_ = mode;
  } catch (...) {
    return SayOutOfMemory();
  }
  try {
    if (!trial_.is_on()) return {};
    // What can't be made in this mode is tried no longer; the mode holds all the same.
    auto tried = MakeSafely(maker_, candidate_.source, mode, limits_);
    if (tried) slot_.Try(std::move(tried->engine), {limits_.cohort, CohortSeed(trial_.digest())});
  } catch (...) {
    trial_.End();
  }
  return {};
}

std::optional<std::string> EngineKeeper::Tick(milliseconds steady_now) noexcept {
  try {
    slot_.Collect();
    TendTrial(steady_now);
    if (soak_.Look(limits_, steady_now, CountDecisions(slot_)) != Soak::State::kDone)
      return std::nullopt;
    std::optional<std::string> source = serving_.source;
    const bool is_new = good_.Promote(serving_);
    soak_.End();
    if (!is_new) return std::nullopt;
    ++stats_.promoted;
    return source;
  } catch (...) {
    return std::nullopt;  // The next one tries again.
  }
}

std::vector<std::string> EngineKeeper::LastGood() const {
  std::vector<std::string> sources;
  for (const Generation& one : good_.all()) sources.push_back(one.source);
  return sources;
}

EngineKeeper::Stats EngineKeeper::stats() const {
  Stats stats = stats_;
  stats.generation = slot_.generation();
  stats.digest = serving_.digest;
  if (trial_.is_on()) stats.trial = trial_.digest();
  return stats;
}

}  // namespace stile
