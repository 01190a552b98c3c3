#ifndef STILE_SERVICE_METRICS_H_
#define STILE_SERVICE_METRICS_H_

#include <array>
#include <atomic>
#include <chrono>
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
#include "service/degraded_states.h"
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
  kRolledBack = 13,  // After it was admitted, by its trial; or it was rolled back before.
};
inline constexpr std::size_t kRejectReasonCount = 14;
[[nodiscard]] std::string_view RejectReasonName(RejectReason reason) noexcept;

// Why a request to the control listener over TCP was refused unread.
enum class ControlRefusal : std::uint8_t { kToken = 0, kHost = 1, kOrigin = 2 };
inline constexpr std::size_t kControlRefusalCount = 3;

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
  // Returns the period that begins or ends with this; nullopt if nothing changes.
  std::optional<DegradedPeriod> SetDegraded(Degradation degradation, bool degraded);
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
  // Where hashwx solutions are checked.
  void SetRedeemDesk(std::shared_ptr<const DeskTotals> desk);
  // Whose cells and heavy hitters are told; null: nothing is counted.
  void SetBudgets(std::shared_ptr<const Budgets> budgets);
  void SetAdmission(AdmissionState admission);
  // What holds at each site, the rules that are switched besides, and every order.
  void SetModes(std::vector<SiteMode> modes, std::vector<SwitchedRule> rules = {},
                std::vector<ToldOverride> orders = {});
  // Takes no lock.
  void CountControlRefused(ControlRefusal refusal) {
    control_refused_[static_cast<std::size_t>(refusal)].fetch_add(1, std::memory_order_relaxed);
  }
  void SetLoops(Server::Health health);
  void SetPhase(Phase phase) { phase_.store(phase); }
  [[nodiscard]] Phase phase() const { return phase_.load(); }

  // Call right before another engine is published: what has been counted so far keeps the names of
  // the sites and rules that it was counted for.
  void Settle();

  // The Prometheus text format, version 0.0.4.
  [[nodiscard]] std::string Render() const;

  // How busy the loops are.
  struct LoadReport {
    std::size_t overloaded = 0;              // Loops that are.
    std::chrono::milliseconds worst_late{};  // Of the last second or two.
    std::uint64_t shed = 0;                  // Requests that were refused in short form.
  };

  // The state in short, for /status.
  struct Report {
    std::string version;
    UnixMillis started;
    std::vector<Degradation> degradations;
    std::vector<DegradedPeriod> periods;  // Of each of them.
    bool reload_successful = false;
    UnixMillis reload_at;
    std::vector<std::string> reload_errors;
    bool reload_shrank = false;  // As SetReload's.
    UnixMillis files_at;         // When what is served was read.
    std::optional<UnixMillis>
        refused_at;  // When files were last refused, since the start or at it.
    std::vector<std::string> refusal_errors;
    std::vector<SiteMode> modes;
    std::vector<ToldOverride> orders;  // The latest last.
    std::uint64_t connections = 0;     // Open.
    std::size_t loops = 0;
    std::size_t loops_answering = 0;
    LoadReport load;
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

  void AddNamed(const Engine& engine, const Counters& totals, Snapshot& snapshot) const;
  [[nodiscard]] Snapshot Take() const;
  [[nodiscard]] LoopTotals TakeLoops() const;
  [[nodiscard]] static DegradedStates::Counts CountsOf(const Counters& totals,
                                                       const LoopTotals& loops);
  void ShowDegraded(const DegradedStates::Counts& counts, MetricFamilies& families) const;
  void ShowRequests(const Snapshot& snapshot, MetricFamilies& families) const;
  void ShowPolicy(const Snapshot& snapshot, MetricFamilies& families) const;
  void ShowLists(MetricFamilies& families) const;
  void ShowNames(MetricFamilies& families) const;
  void ShowBudgets(MetricFamilies& families) const;
  void ShowCertificates(MetricFamilies& families) const;
  void ShowState(MetricFamilies& families) const;
  void ShowModes(MetricFamilies& families) const;
  static void ShowMemory(MetricFamilies& families);

  EngineSlot& engines_;
  std::string version_;
  UnixMillis started_;
  std::atomic<Phase> phase_{Phase::kStarting};
  std::array<std::atomic<std::uint64_t>, kControlRefusalCount> control_refused_{};
  mutable std::mutex mutex_;  // Of everything below.
  VisitLoops visit_loops_;
  LoopTotals ended_loops_;
  std::vector<KeyValidity> keys_;
  std::vector<ListState> lists_;
  std::vector<CertificateState> certificates_;
  std::shared_ptr<const RedisSpends> spend_store_;    // Null: there is none.
  std::shared_ptr<const RedisBudgets> budget_merge_;  // Null: they aren't merged.
  std::shared_ptr<const DeskTotals> redeem_desk_;     // Null: there is none.
  std::shared_ptr<const NameQuestions> names_;        // Null: reverse DNS is off.
  DegradedStates degraded_;
  std::array<std::uint64_t, kRejectReasonCount> rejected_{};
  bool reload_successful_ = true;
  UnixMillis reload_at_;
  std::vector<std::string> reload_errors_;
  bool reload_shrank_ = false;
  UnixMillis files_at_;
  std::optional<UnixMillis> refused_at_;
  std::vector<std::string> refusal_errors_;
  std::shared_ptr<const Budgets> budgets_;
  AdmissionState admission_;
  std::vector<SiteMode> modes_;
  std::vector<SwitchedRule> switched_rules_;
  std::vector<ToldOverride> orders_;
  Server::Health health_;
  Series settled_decisions_;
  Series settled_rules_;
  Series settled_kills_;
  std::unique_ptr<Counters> settled_;  // What the settled series hold.
};

}  // namespace stile

#endif  // STILE_SERVICE_METRICS_H_
