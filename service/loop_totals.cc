#include "service/loop_totals.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

namespace stile {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

// Upper bounds of LoopCounters::check_duration, in seconds.
constexpr std::array<double, std::tuple_size_v<decltype(LoopCounters::check_duration)> - 1>
    kDurationBounds = {1e-6, 2e-6, 5e-6, 1e-5, 5e-5, 1e-4, 1e-3};

}  // namespace

void LoopTotals::Add(const LoopCounters& loop) {
  accepted += loop.connections_accepted.Get();
  closed += loop.connections_closed.Get();
  refused += loop.connections_refused.Get();
  requests += loop.requests.Get();
  timeouts += loop.timeouts.Get();
  spend_timeouts += loop.spend_timeouts.Get();
  shed += loop.shed.Get();
  posts_deferred += loop.posts_deferred.Get();
  overloads += loop.overloads.Get();
  if (loop.overloaded.load(std::memory_order_relaxed)) ++overloaded;
  if (loop.without_sha256.load(std::memory_order_relaxed)) ++without_sha256;
  if (loop.without_wait.load(std::memory_order_relaxed)) ++without_wait;
  worst_late_ms =
      std::max<std::uint64_t>(worst_late_ms, loop.worst_late_ms.load(std::memory_order_relaxed));
  upstream_requests += loop.upstream_requests.Get();
  upstream_reused += loop.upstream_reused.Get();
  upstream_failures += loop.upstream_failures.Get();
  upgrades += loop.upgrades.Get();
  for (std::size_t i = 0; i < heads_refused.size(); ++i) {
    heads_refused[i] += loop.heads_refused[i].Get();
  }
  for (std::size_t i = 0; i < bodies_refused.size(); ++i) {
    bodies_refused[i] += loop.bodies_refused[i].Get();
  }
  for (std::size_t i = 0; i < descriptions_refused.size(); ++i) {
    descriptions_refused[i] += loop.descriptions_refused[i].Get();
  }
  for (std::size_t i = 0; i < spop_refused.size(); ++i) {
    spop_refused[i] += loop.spop_refused[i].Get();
  }
  for (std::size_t i = 0; i < grpc_calls.size(); ++i) grpc_calls[i] += loop.grpc_calls[i].Get();
  for (std::size_t i = 0; i < proxy_headers_refused.size(); ++i) {
    proxy_headers_refused[i] += loop.proxy_headers_refused[i].Get();
  }
  for (std::size_t i = 0; i < durations.size(); ++i) {
    durations[i] += loop.check_duration[i].Get();
  }
  duration_ns += loop.check_duration_sum_ns.Get();
  tls_handshakes += loop.tls_handshakes.Get();
  tls_resumed += loop.tls_resumed.Get();
  for (std::size_t i = 0; i < tls_failures.size(); ++i) {
    tls_failures[i] += loop.tls_failures[i].Get();
  }
}

void LoopTotals::Show(MetricFamilies& families) const {
  families.Count("connections_accepted_total", "Connections taken from clients", accepted);
  families.Count("connections_refused_total", "Connections over limits.max_connections", refused);
  families.Gauge("connections", "Connections that are open",
                 accepted > closed ? static_cast<double>(accepted - closed) : 0);
  families.Count("requests_total", "Requests whose head was read", requests);
  families.Count("spend_timeouts_total", "Spends whose store took too long to answer",
                 spend_timeouts);
  families.Gauge("loops_overloaded", "Event loops that are later than limits.overload",
                 static_cast<double>(overloaded));
  auto& without =
      families.Add("loops_without_fallback",
                   "Event loops whose new challenges leave out a fallback", MetricType::Gauge);
  MetricFamilies::AddGauge(without, {{"puzzle", "sha256"}}, static_cast<double>(without_sha256));
  MetricFamilies::AddGauge(without, {{"puzzle", "wait"}}, static_cast<double>(without_wait));
  families.Gauge("loop_late_seconds", "How late the latest event loop was in the last second",
                 static_cast<double>(worst_late_ms) / 1000);
  families.Count("overloads_total", "Times that an event loop became overloaded", overloads);
  auto& shed_requests =
      families.Add("shed_total", "Requests told to come later since an event loop was overloaded",
                   MetricType::Counter);
  MetricFamilies::AddCount(shed_requests, {{"kind", "challenge"}}, shed);
  MetricFamilies::AddCount(shed_requests, {{"kind", "post"}}, posts_deferred);
  families.Count("timeouts_total", "Connections closed since a limit of time was over", timeouts);
  families.Count("tls_handshakes_total", "TLS handshakes that were done", tls_handshakes);
  families.Count("tls_resumed_total", "Of those, by a session ticket", tls_resumed);
  auto& handshakes =
      families.Add("tls_handshake_failures_total",
                   "TLS handshakes that came to nothing, by what was wrong", MetricType::Counter);
  for (std::size_t i = 1; i < tls_failures.size(); ++i) {
    if (tls_failures[i] == 0) continue;
    MetricFamilies::AddCount(handshakes, {{"reason", TlsFailureName(static_cast<TlsFailure>(i))}},
                             tls_failures[i]);
  }
  auto& heads = families.Add("heads_refused_total", "Request heads refused, by the rule they broke",
                             MetricType::Counter);
  for (std::size_t i = 1; i < heads_refused.size(); ++i) {
    if (heads_refused[i] == 0) continue;
    MetricFamilies::AddCount(heads, {{"reason", HeadReasonName(static_cast<HeadReason>(i))}},
                             heads_refused[i]);
  }
  auto& bodies =
      families.Add("bodies_refused_total", "Chunked request bodies refused, by the rule they broke",
                   MetricType::Counter);
  for (std::size_t i = 1; i < bodies_refused.size(); ++i) {
    if (bodies_refused[i] == 0) continue;
    MetricFamilies::AddCount(bodies, {{"reason", ChunkedReasonName(static_cast<ChunkedReason>(i))}},
                             bodies_refused[i]);
  }
  auto& descriptions = families.Add(
      "descriptions_refused_total",
      "Questions of proxies that describe no request, by the rule they broke", MetricType::Counter);
  for (std::size_t i = 1; i < descriptions_refused.size(); ++i) {
    if (descriptions_refused[i] == 0) continue;
    MetricFamilies::AddCount(descriptions,
                             {{"reason", DescriptionReasonName(static_cast<DescriptionReason>(i))}},
                             descriptions_refused[i]);
  }
  auto& spop = families.Add("spop_disconnects_total",
                            "Connections of HAProxy ended for a fault, by the status told to it",
                            MetricType::Counter);
  for (std::size_t i = 1; i < spop_refused.size(); ++i) {
    if (spop_refused[i] == 0) continue;
    MetricFamilies::AddCount(spop, {{"reason", SpopStatusName(static_cast<SpopStatus>(i))}},
                             spop_refused[i]);
  }
  auto& calls = families.Add(
      "grpc_calls_total", "Calls by gRPC that were answered, by their status", MetricType::Counter);
  for (std::size_t i = 0; i < grpc_calls.size(); ++i) {
    const std::string_view status = GrpcStatusName(static_cast<GrpcStatus>(i));
    if (grpc_calls[i] == 0 || status.empty()) continue;
    MetricFamilies::AddCount(calls, {{"status", status}}, grpc_calls[i]);
  }
  auto& introductions = families.Add("proxy_headers_refused_total",
                                     "Connections closed since no PROXY header that is believed "
                                     "came first, by the rule that was broken",
                                     MetricType::Counter);
  for (std::size_t i = 1; i < proxy_headers_refused.size(); ++i) {
    if (proxy_headers_refused[i] == 0) continue;
    MetricFamilies::AddCount(introductions,
                             {{"reason", ProxyHeaderReasonName(static_cast<ProxyHeaderReason>(i))}},
                             proxy_headers_refused[i]);
  }
  families.Count("upstream_requests_total", "Requests sent to an upstream", upstream_requests);
  families.Count("upstream_reused_total", "Of those, over a pooled connection", upstream_reused);
  families.Count("upstream_failures_total", "Requests answered 502 or 504", upstream_failures);
  families.Count("upgrades_total", "WebSocket connections passed on", upgrades);

  auto& family =
      families.Add("check_duration_seconds", "Time that a decision took", MetricType::Histogram);
  ClientMetric metric;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < durations.size(); ++i) {
    count += durations[i];
    const double bound =
        i < kDurationBounds.size() ? kDurationBounds[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(duration_ns) * 1e-9;
  family.metric.push_back(std::move(metric));
}

}  // namespace stile
