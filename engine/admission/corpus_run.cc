#include "engine/admission/corpus_run.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/admission/golden_corpus.h"
#include "engine/admission/rule_text.h"
#include "engine/answer.h"
#include "engine/engine_slot.h"

namespace stile {
namespace {

void Refuse(AdmissionRefusal refusal, const SiteOptions& site, std::string message,
            AdmissionVerdict& verdict) {
  if (verdict.refusal == AdmissionRefusal::kNone) verdict.refusal = refusal;
  verdict.errors.push_back(
      Error{ErrorCode::kFailedPrecondition, "site \"" + site.name + "\"", std::move(message)});
}

// A host that the site answers for.
std::string HostOf(const SiteOptions& site) {
  const std::string host = site.hosts.empty() ? "*" : site.hosts.front();
  if (host == "*") return "www.example.org";
  return host.starts_with("*.") ? "www" + host.substr(1) : host;
}

// What a client has that was asked what `engine` asks for `request`.
Standing ClearedFor(const Engine& engine, const Request& request, UnixMillis now) {
  const Decision asked = engine.Foresee(request, Standing{}, now);
  const Policy& policy = engine.policy(engine.SiteOf(request));
  const bool is_asked = asked.action == Action::kChallenge;
  const Level& level = *policy.LevelFor(is_asked ? asked.level_rank : policy.default_rank());
  Standing standing;
  standing.rank = is_asked ? asked.rank_needed : level.AcceptedRank();
  standing.puzzle = level.alternatives[0].puzzle;
  standing.effort_log2 = 63;
  return standing;
}

// How many ordinary requests of one family of addresses an engine served, and what of them another
// would not.
struct Tally {
  std::size_t cleared = 0;  // With a clearance, they pass.
  std::size_t cleared_turned_away = 0;
  std::size_t newcomers = 0;  // Without one, they aren't denied.
  std::size_t newcomers_denied = 0;
  std::size_t challenged = 0;
  std::size_t let_in = 0;
  std::string culprit;  // The rule that last turned somebody away.
  std::string opener;   // The rule that last let somebody in.
};

// Runs the corpus for one site.
class SiteRun {
 public:
  SiteRun(const Engine& candidate, const Engine& serving, std::size_t site,
          const AdmissionLimits& limits, UnixMillis now, Worker& worker, AdmissionVerdict& verdict)
      : candidate_(candidate),
        serving_(serving),
        options_(candidate.site_options(site)),
        policy_(candidate.policy(site)),
        limits_(limits),
        now_(now),
        worker_(worker),
        verdict_(verdict),
        host_(HostOf(options_)) {}

  void Run() {
    for (const GoldenRequest& golden : GoldenCorpus()) {
      Request request = golden.request;
      request.host = host_;
      ++verdict_.corpus_requests;
      if (!IsSound(golden.name, request)) return;
      if (golden.visitor == GoldenRequest::Visitor::kOrdinary) Compare(request);
    }
    if (!ServesTheSame()) return;
    for (const Tally& tally : tallies_) {
      if (JudgeTally(tally)) return;
    }
  }

 private:
  [[nodiscard]] Standing Cleared(const Request& request) const {
    return ClearedFor(serving_, request, now_);
  }

  // Whether the candidate gives answers that an engine may give.
  bool IsSound(std::string_view name, const Request& request) {
    const std::size_t steps = policy_.StepsOf(request);
    verdict_.most_steps = std::max(verdict_.most_steps, steps);
    if (steps > limits_.max_steps) {
      Refuse(AdmissionRefusal::kSteps, options_,
             "its policy takes " + std::to_string(steps) + " steps for the request \"" +
                 std::string(name) + "\", and may take " + std::to_string(limits_.max_steps) +
                 ": give rules that look at headers, queries or rates a path or a host too",
             verdict_);
      return false;
    }
    for (const Standing& standing : {Standing{}, ClearedFor(candidate_, request, now_)}) {
      const Decision decision = candidate_.Foresee(request, standing, now_);
      if (!HasAnswer(request, decision)) {
        Refuse(AdmissionRefusal::kFault, options_,
               "it has no answer to the request \"" + std::string(name) +
                   "\" of the corpus: see that a key may sign and that its level offers something",
               verdict_);
        return false;
      }
    }
    return true;
  }

  bool HasAnswer(const Request& request, const Decision& decision) {
    if (decision.action == Action::kAllow || decision.action == Action::kServe) return true;
    if (decision.action == Action::kNone) return false;
    Answer answer;
    candidate_.Respond(request, decision, {}, now_, worker_, answer);
    // Whoever says that keys are degraded knows that some answers are 503.
    if (options_.keys_degraded) return true;
    return answer.status >= 400 && answer.status < 500 && !answer.body.empty();
  }

  void Compare(const Request& request) {
    Tally& tally = tallies_[request.address && request.address->is_v6() ? 1 : 0];
    const Standing cleared = Cleared(request);
    if (serving_.Foresee(request, cleared, now_).action == Action::kAllow) {
      ++tally.cleared;
      const Decision after = candidate_.Foresee(request, cleared, now_);
      if (after.action != Action::kAllow) Note(after, tally.cleared_turned_away, tally.culprit);
    }
    const Decision before = serving_.Foresee(request, Standing{}, now_);
    const Decision after = candidate_.Foresee(request, Standing{}, now_);
    if (before.action != Action::kDeny) {
      ++tally.newcomers;
      if (after.action == Action::kDeny) Note(after, tally.newcomers_denied, tally.culprit);
    }
    if (before.action == Action::kChallenge) {
      ++tally.challenged;
      if (after.action == Action::kAllow && !after.by_mode) {
        Note(after, tally.let_in, tally.opener);
      }
    }
  }

  void Note(const Decision& decision, std::size_t& count, std::string& rule) {
    ++count;
    rule = RuleNameOf(policy_, decision);
  }

  // Whether `serving` has this site too: of a new one there is nothing to compare. Nor of one that
  // is switched to the mode that asks cleared visitors again.
  [[nodiscard]] bool ServesTheSame() const {
    for (std::size_t i = 0; i < serving_.site_count(); ++i) {
      const SiteOptions& theirs = serving_.site_options(i);
      if (theirs.name != options_.name) continue;
      return options_.mode != GateMode::kAttack || theirs.mode == GateMode::kAttack;
    }
    return false;
  }

  [[nodiscard]] bool IsTooMany(std::size_t count, std::size_t of) const {
    return of != 0 && static_cast<double>(count) > limits_.corpus_radius * static_cast<double>(of);
  }

  bool JudgeTally(const Tally& tally) {
    const bool newcomers = IsTooMany(tally.newcomers_denied, tally.newcomers);
    if (newcomers || IsTooMany(tally.cleared_turned_away, tally.cleared)) {
      const std::size_t count = newcomers ? tally.newcomers_denied : tally.cleared_turned_away;
      const std::size_t of = newcomers ? tally.newcomers : tally.cleared;
      Refuse(AdmissionRefusal::kCorpus, options_,
             NameOf({options_.name, tally.culprit}) + " would turn away " + std::to_string(count) +
                 " of " + std::to_string(of) + " ordinary visitors that are served now" +
                 (newcomers ? "" : " with a clearance") +
                 ": see that it matches what it is meant for",
             verdict_);
      return true;
    }
    // A default of allow is written by somebody who knows that nothing is challenged any more.
    if (IsTooMany(tally.let_in, tally.challenged) && tally.opener != "default") {
      Refuse(AdmissionRefusal::kLetsIn, options_,
             NameOf({options_.name, tally.opener}) + " would let in " +
                 std::to_string(tally.let_in) + " of " + std::to_string(tally.challenged) +
                 " visitors that are challenged now: see that it matches what it is meant for, or "
                 "use `stile mode open` to let everybody pass",
             verdict_);
      return true;
    }
    return false;
  }

  const Engine& candidate_;
  const Engine& serving_;
  const SiteOptions& options_;
  const Policy& policy_;
  const AdmissionLimits& limits_;
  UnixMillis now_;
  Worker& worker_;
  AdmissionVerdict& verdict_;
  std::string host_;
  std::array<Tally, 2> tallies_;  // IPv4, IPv6.
};

}  // namespace

void RunCorpus(const Engine& candidate, const Engine& serving, const AdmissionLimits& limits,
               UnixMillis now, AdmissionVerdict& verdict) {
  // A worker for the answers: of no slot that serves, so that nothing of this is counted.
  const auto nowhere = std::make_unique<EngineSlot>(nullptr);
  const std::unique_ptr<Worker> worker = nowhere->NewWorker();
  for (std::size_t i = 0; i < candidate.site_count(); ++i) {
    SiteRun(candidate, serving, i, limits, now, *worker, verdict).Run();
  }
}

}  // namespace stile
