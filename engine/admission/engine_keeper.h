#ifndef STILE_ENGINE_ADMISSION_ENGINE_KEEPER_H_
#define STILE_ENGINE_ADMISSION_ENGINE_KEEPER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "engine/admission/admission.h"
#include "engine/admission/admission_limits.h"
#include "engine/admission/admission_verdict.h"
#include "engine/admission/generations.h"
#include "engine/admission/soak.h"
#include "engine/admission/trial.h"
#include "engine/engine.h"
#include "engine/engine_slot.h"
#include "verifier/gate.h"

namespace stile {

// The life of an engine inside a program that embeds it: takes new sources, lets those serve that
// are admitted, and says which have proven good. Does no I/O and reads no clock: the host reads and
// keeps the bytes and calls Tick now and then. For one thread at a time; requests have nothing to
// do with it but the slot, which is for all.
class EngineKeeper {
 public:
  struct Made {
    std::unique_ptr<const Engine> engine;
    bool blast_radius_override = false;  // As in Candidate.
    // Its own configuration asks for no trial; heeded if `forced` besides.
    bool at_once = false;
  };
  // Makes an engine of a source's bytes, with every site in `mode` if there is one. Whatever it
  // throws refuses the source.
  using Maker = std::function<tl::expected<Made, Errors>(std::string_view source,
                                                         std::optional<GateMode> mode)>;
  struct Stats {
    std::uint64_t generation = 0;   // Of the slot.
    std::string digest;             // Of the source that serves: SHA-256, hex.
    std::uint64_t offered = 0;      // Sources since the start,
    std::uint64_t refused = 0;      // those that were refused,
    std::uint64_t promoted = 0;     // and those that have proven good.
    bool from_last_good = false;    // The source of the start was refused, and an older one serves.
    std::uint64_t rolled_back = 0;  // Sources that a trial ended.
    std::string trial;              // The digest of the source on trial; empty: none is.
  };

  // Serves `source`, or the first of `last_good`, latest first, that can be made. Returns the
  // mistakes of `source` if none can.
  [[nodiscard]] static tl::expected<std::unique_ptr<EngineKeeper>, Errors> Create(
      std::string source, std::vector<std::string> last_good, Maker maker, AdmissionLimits limits,
      std::chrono::milliseconds steady_now);

  // Where workers and the current engine come from.
  [[nodiscard]] EngineSlot& slot() { return slot_; }

  // Judges `source` and lets it serve if it is admitted: at once, or, with limits.cohort, some
  // clients first (`on_trial`), which only those requests meet that go through EngineSlot::Choose.
  // A trial that there is ends then; that of the same source goes on. Changes nothing otherwise.
  // `forced`: as in JudgeCandidate; what was rolled back last takes it too, and so does a source of
  // white space alone in place of one that says something. Never throws.
  AdmissionVerdict Offer(std::string source, bool forced, UnixMillis now,
                         std::chrono::milliseconds steady_now) noexcept;

  // Puts every site in `mode`, or, with nullopt, in the mode that its source says, for those on
  // trial too. Isn't judged: it works whatever the source. Returns the maker's mistakes; then
  // nothing has changed.
  [[nodiscard]] Errors SetMode(std::optional<GateMode> mode) noexcept;

  // Rolls a trial back whose clients fare worse, which last_rollback then tells, and has one that
  // is over serve everybody, who begins to prove good with that. Returns the source that serves
  // once it has proven good: what the host keeps as the latest last known good, in front of those
  // before. Nullopt at any other time. Frees engines that nobody uses any more. Call it about once
  // a second.
  [[nodiscard]] std::optional<std::string> Tick(std::chrono::milliseconds steady_now) noexcept;

  // What sources must keep to from now on, but for how many are remembered: what the one that
  // serves says, where sources have a say.
  void UseLimits(const AdmissionLimits& limits) { limits_ = limits; }
  [[nodiscard]] const AdmissionLimits& limits() const { return limits_; }

  // Why the last source that was rolled back was; kNotJudged: none was.
  [[nodiscard]] const AdmissionVerdict& last_rollback() const { return rollback_; }

  // The sources that have proven good, latest first: what Create takes.
  [[nodiscard]] std::vector<std::string> LastGood() const;
  [[nodiscard]] Stats stats() const;

 private:
  EngineKeeper(Generation serving, std::unique_ptr<const Engine> engine, Maker maker,
               AdmissionLimits limits);
  AdmissionVerdict TryOffer(std::string source, bool forced, UnixMillis now,
                            std::chrono::milliseconds steady_now);
  // What there is to say where something found no memory.
  [[nodiscard]] Errors SayOutOfMemory() noexcept;
  // Ends a trial that there is.
  void Adopt(Generation next, std::unique_ptr<const Engine> engine,
             std::chrono::milliseconds steady_now);
  void Try(Generation candidate, std::unique_ptr<const Engine> engine,
           std::chrono::milliseconds steady_now);
  void TendTrial(std::chrono::milliseconds steady_now);

  Maker maker_;
  AdmissionLimits limits_;
  EngineSlot slot_;
  Generation serving_;
  Generations good_;
  Soak soak_;
  Trial trial_;
  Generation candidate_;  // On trial.
  AdmissionVerdict rollback_;
  std::optional<GateMode> mode_;
  Stats stats_;
  Errors out_of_memory_;  // What to say where there is no memory to say it.
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_ENGINE_KEEPER_H_
