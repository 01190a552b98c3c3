#include "service/status_listener.h"

#include <string_view>
#include <utility>
#include <vector>

#include <absl/time/time.h>

#include "service/concat.h"
#include "service/log.h"

namespace stile {
namespace {

std::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kStarting:
      return "starting";
    case Phase::kReady:
      return "ready";
    case Phase::kDraining:
      return "draining";
  }
  return "starting";
}

std::string_view ModeName(GateMode mode) {
  switch (mode) {
    case GateMode::kEnforce:
      return "enforce";
    case GateMode::kShadow:
      return "shadow";
    case GateMode::kOpen:
      return "open";
    case GateMode::kAttack:
      return "attack";
  }
  return "enforce";
}

std::string JsonTime(UnixMillis time) {
  return Concat(
      "\"",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(time.value), absl::UTCTimeZone()),
      "\"");
}

std::string JsonArray(const std::vector<std::string>& elements) {
  std::string json = "[";
  for (const std::string& element : elements) {
    if (json.size() > 1) json += ',';
    json += element;
  }
  return json + "]";
}

}  // namespace

absl::StatusOr<std::unique_ptr<StatusListener>> StatusListener::Create(const SocketAddress& address,
                                                                       Metrics& metrics,
                                                                       EngineSlot& engines) {
  std::unique_ptr<StatusListener> listener(new StatusListener(metrics, engines));
  auto http = PlainHttp::Create(address, PlainHttp::Limits{},
                                [self = listener.get()](const RequestHead& head, std::string_view) {
                                  return self->Answer(head);
                                });
  if (!http.ok()) return http.status();
  listener->http_ = *std::move(http);
  return listener;
}

void StatusListener::Start() { http_->Start(); }
void StatusListener::Stop() { http_->Stop(); }

PlainReply StatusListener::Answer(const RequestHead& head) const {
  PlainReply reply;
  const std::string_view path = head.path();
  const Phase phase = phase_.load();
  if (head.method() != "GET" && head.method() != "HEAD") {
    reply.status = 405;
    reply.body = "GET only\n";
  } else if (path == "/metrics") {
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    reply.body = metrics_.Render();
  } else if (path == "/livez") {
    reply.body = "ok\n";
  } else if (path == "/readyz") {
    reply.status = phase == Phase::kReady ? 200 : 503;
    reply.body = Concat(PhaseName(phase), "\n");
  } else if (path == "/status") {
    reply.content_type = "application/json";
    reply.body = StatusJson();
  } else {
    reply.status = 404;
    reply.body = "/metrics /livez /readyz /status\n";
  }
  return reply;
}

std::string StatusListener::StatusJson() const {
  std::vector<std::string> sites;
  engines_.Inspect([&sites](const Engine& engine, const std::vector<Worker*>&, const Counters&) {
    for (std::size_t i = 0; i < engine.site_count(); ++i) {
      const SiteOptions& site = engine.site_options(i);
      const Policy& policy = engine.policy(i);
      sites.push_back(Concat("{\"name\":", JsonString(site.name), ",\"mode\":\"",
                             ModeName(site.mode), "\",\"policy\":\"", policy.digest(),
                             "\",\"rules\":", policy.rules().size(), "}"));
    }
  });
  const Metrics::Report report = metrics_.Tell();
  std::vector<std::string> degraded;
  for (const Degradation degradation : report.degradations) {
    degraded.push_back(JsonString(DegradationName(degradation)));
  }
  std::vector<std::string> keys;
  for (const KeyRing::Validity& key : report.keys) {
    keys.push_back(Concat("{\"id\":", static_cast<int>(key.id),
                          ",\"sign_from\":", JsonTime(key.sign_from), ",\"verify_until\":",
                          key.verify_until.value == INT64_MAX ? "null" : JsonTime(key.verify_until),
                          "}"));
  }
  return Concat("{\"version\":", JsonString(report.version), ",\"phase\":\"",
                PhaseName(phase_.load()), "\",\"started\":", JsonTime(report.started),
                ",\"generation\":", engines_.generation(), ",\"degraded\":", JsonArray(degraded),
                ",\"last_reload\":{\"successful\":", report.reload_successful ? "true" : "false",
                ",\"at\":", JsonTime(report.reload_at), "},\"sites\":", JsonArray(sites),
                ",\"keys\":", JsonArray(keys), "}\n");
}

}  // namespace stile
