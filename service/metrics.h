#ifndef STILE_SERVICE_METRICS_H_
#define STILE_SERVICE_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/unix_millis.h"
#include "engine/counters.h"
#include "engine/engine.h"
#include "engine/engine_slot.h"
#include "service/admission_state.h"
#include "service/boot.h"
#include "service/keys.h"
#include "service/list_admission.h"
#include "service/loop_totals.h"
#include "service/metric_families.h"
#include "service/mode_overrides.h"
#include "service/name_questions.h"
#include "service/redis_budgets.h"
#include "service/redis_spends.h"
#include "service/server.h"
#include "service/tls_contexts.h"
#include "verifier/budgets.h"

namespace stile {

// What a stiled is doing.
enum class Phase : std::uint8_t { kStarting = 0, kReady = 1, kDraining = 2 };
[[nodiscard]] std::string_view PhaseName(Phase phase) noexcept;

// Which kind of file, or what about it, a reload was rejected for.
enum class RejectReason : std::uint8_t {
  kConfig = 0,
  kPolicy = 1,
  kKeys = 2,
  kLists = 3,
  kGeo = 4,
  kCertificates = 5,
  // What admission refused, by why; kLimit besides the kind of file that is too large.
  kLimit = 6,
  kFault = 7,
  kSteps = 8,
  kCorpus = 9,
  kLetsIn = 10,
  kBlastRadius = 11,
  kPinned = 12,
};
inline constexpr std::size_t kRejectReasonCount = 13;
[[nodiscard]] std::string_view RejectReasonName(RejectReason reason) noexcept;

// What stiled tells of itself: the counters of its workers and loops, and its own state. Every
// method may be called by any thread.
class Metrics {
 public:
  // Calls its argument with the counters of each event loop.
  using VisitLoops = std::function<void(const std::function<void(const LoopCounters&)>&)>;

  Metrics(EngineSlot& engines, std::string version, UnixMillis started);

  // From here on Render has the loops' counters.
  void ServeLoops(VisitLoops visit_loops);
  // The loops are about to go: their last counts stay.
  void EndLoops();

  void SetKeys(std::vector<KeyValidity> keys);
  void SetLists(std::vector<ListState> lists);
  void SetCertificates(std::vector<CertificateState> certificates);
  void SetDegraded(Degradation degradation, bool degraded);
  [[nodiscard]] bool IsDegraded(Degradation degradation) const;
  void CountRejected(RejectReason reason);
  // How the last reload, or else the start, went, and every mistake that it found. `shrank`: all of
  // them are CheckLists's, and a reload that is forced would take it.
  void SetReload(bool successful, UnixMillis at, std::vector<std::string> errors = {},
                 bool shrank = false);
  // Whose totals reverse DNS is told by; null: it is off.
  void SetNames(std::shared_ptr<const NameQuestions> names);
  // Whose totals the shared store of spends is told by.
  void SetSpendStore(std::shared_ptr<const RedisSpends> store);
  void SetBudgetMerge(std::shared_ptr<const RedisBudgets> merge);
  // Whose cells and heavy hitters are told; null: nothing is counted.
  void SetBudgets(std::shared_ptr<const Budgets> budgets);
  void SetAdmission(AdmissionState admission);
  void SetModes(std::vector<SiteMode> modes);
  void SetLoops(Server::Health health);
  void SetPhase(Phase phase) { phase_.store(phase); }
  [[nodiscard]] Phase phase() const { return phase_.load(); }

  // Call right before another engine is published: what has been counted so far keeps the names of
  // the sites and rules that it was counted for.
  void Settle();

  // The Prometheus text format, version 0.0.4.
  [[nodiscard]] std::string Render() const;

  // The state in short, for /status.
  struct Report {
    std::string version;
    UnixMillis started;
    std::vector<Degradation> degradations;
    bool reload_successful = false;
    UnixMillis reload_at;
    std::vector<std::string> reload_errors;
    bool reload_shrank = false;  // As SetReload's.
    std::vector<SiteMode> modes;
    std::uint64_t connections = 0;  // Open.
    std::size_t loops = 0;
    std::size_t loops_answering = 0;
    std::vector<KeyValidity> keys;
    std::vector<ListState> lists;
    std::vector<CertificateState> certificates;
    std::shared_ptr<const Budgets> budgets;
    AdmissionState admission;
    std::optional<RedisTrouble> spend_store;   // Without a shared store: none.
    std::optional<RedisTrouble> budget_merge;  // Where budgets aren't to be merged: none.
  };
  [[nodiscard]] Report Tell() const;

 private:
  // Label values, in the order of the family's label names, to a count.
  using Series = std::map<std::vector<std::string>, std::uint64_t>;
  struct Snapshot;

  void AddNamed(const Engine& engine, const Counters& totals, Series& decisions,
                Series& rules) const;
  [[nodiscard]] Snapshot Take() const;
  void ShowRequests(const Snapshot& snapshot, MetricFamilies& families) const;
  void ShowPolicy(const Snapshot& snapshot, MetricFamilies& families) const;
  void ShowLists(MetricFamilies& families) const;
  void ShowNames(MetricFamilies& families) const;
  void ShowBudgets(MetricFamilies& families) const;
  void ShowCertificates(MetricFamilies& families) const;
  void ShowState(MetricFamilies& families) const;

  EngineSlot& engines_;
  std::string version_;
  UnixMillis started_;
  std::atomic<Phase> phase_{Phase::kStarting};
  mutable std::mutex mutex_;  // Of everything below.
  VisitLoops visit_loops_;
  LoopTotals ended_loops_;
  std::vector<KeyValidity> keys_;
  std::vector<ListState> lists_;
  std::vector<CertificateState> certificates_;
  std::shared_ptr<const RedisSpends> spend_store_;    // Null: there is none.
  std::shared_ptr<const RedisBudgets> budget_merge_;  // Null: they aren't merged.
  std::shared_ptr<const NameQuestions> names_;        // Null: reverse DNS is off.
  std::array<bool, kDegradationCount> degraded_{};
  std::array<std::uint64_t, kRejectReasonCount> rejected_{};
  bool reload_successful_ = true;
  UnixMillis reload_at_;
  std::vector<std::string> reload_errors_;
  bool reload_shrank_ = false;
  std::shared_ptr<const Budgets> budgets_;
  AdmissionState admission_;
  std::vector<SiteMode> modes_;
  Server::Health health_;
  Series settled_decisions_;
  Series settled_rules_;
  std::unique_ptr<Counters> settled_;  // What the settled series hold.
};

}  // namespace stile

#endif  // STILE_SERVICE_METRICS_H_
