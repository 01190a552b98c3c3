#ifndef STILE_SERVICE_METRICS_H_
#define STILE_SERVICE_METRICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "engine/counters.h"
#include "engine/engine.h"
#include "engine/engine_slot.h"
#include "service/boot.h"
#include "service/loop_totals.h"
#include "service/metric_families.h"
#include "service/server.h"

namespace stile {

// Which kind of file a reload was rejected for.
enum class RejectReason : std::uint8_t { kConfig = 0, kPolicy = 1, kKeys = 2 };
inline constexpr std::size_t kRejectReasonCount = 3;
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

  void SetKeys(std::vector<KeyRing::Validity> keys);
  void SetDegraded(Degradation degradation, bool degraded);
  [[nodiscard]] bool IsDegraded(Degradation degradation) const;
  void CountRejected(RejectReason reason);
  void SetReload(bool successful, UnixMillis at);

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
    std::vector<KeyRing::Validity> keys;
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
  void ShowState(MetricFamilies& families) const;

  EngineSlot& engines_;
  std::string version_;
  UnixMillis started_;
  mutable std::mutex mutex_;  // Of everything below.
  VisitLoops visit_loops_;
  LoopTotals ended_loops_;
  std::vector<KeyRing::Validity> keys_;
  std::array<bool, kDegradationCount> degraded_{};
  std::array<std::uint64_t, kRejectReasonCount> rejected_{};
  bool reload_successful_ = true;
  UnixMillis reload_at_;
  Series settled_decisions_;
  Series settled_rules_;
  std::unique_ptr<Counters> settled_;  // What the settled series hold.
};

}  // namespace stile

#endif  // STILE_SERVICE_METRICS_H_
