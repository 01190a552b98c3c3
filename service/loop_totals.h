#ifndef STILE_SERVICE_LOOP_TOTALS_H_
#define STILE_SERVICE_LOOP_TOTALS_H_

#include <array>
#include <cstdint>
#include <tuple>

#include "service/chunked_body.h"
#include "service/metric_families.h"
#include "service/request_head.h"
#include "service/server.h"

namespace stile {

// Sums of what the event loops have counted.
struct LoopTotals {
  std::uint64_t accepted = 0, closed = 0, refused = 0, requests = 0, timeouts = 0,
                spend_timeouts = 0;
  std::uint64_t shed = 0, posts_deferred = 0, overloads = 0;
  std::uint64_t overloaded = 0, worst_late_ms = 0;  // Of now: how many loops, and the worst.
  std::uint64_t without_sha256 = 0, without_wait = 0;
  std::uint64_t upstream_requests = 0, upstream_reused = 0, upstream_failures = 0, upgrades = 0;
  std::array<std::uint64_t, kHeadReasonCount> heads_refused{};
  std::array<std::uint64_t, kChunkedReasonCount> bodies_refused{};
  std::array<std::uint64_t, kDescriptionReasonCount> descriptions_refused{};
  std::array<std::uint64_t, kSpopStatusCount> spop_refused{};
  std::array<std::uint64_t, kGrpcStatusCount> grpc_calls{};
  std::array<std::uint64_t, kProxyHeaderReasonCount> proxy_headers_refused{};
  std::array<std::uint64_t, std::tuple_size_v<decltype(LoopCounters::check_duration)>> durations{};
  std::uint64_t duration_ns = 0;
  std::uint64_t tls_handshakes = 0, tls_resumed = 0;
  std::array<std::uint64_t, kTlsFailureCount> tls_failures{};

  void Add(const LoopCounters& loop);
  void Show(MetricFamilies& families) const;
};

}  // namespace stile

#endif  // STILE_SERVICE_LOOP_TOTALS_H_
