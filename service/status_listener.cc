#include "service/status_listener.h"

#include <string_view>
#include <utility>

#include "challenge/concat.h"
#include "engine/media_range.h"
#include "service/status_page.h"
#include "service/status_report.h"
#include "service/wall_clock.h"

namespace stile {
absl::StatusOr<std::unique_ptr<StatusListener>> StatusListener::Create(
    const SocketAddress& address, Metrics& metrics, EngineSlot& engines,
    InheritedSockets* inherited) {
  std::unique_ptr<StatusListener> listener(new StatusListener(metrics, engines));
  const PlainHttp::PeerHandler answer = [self = listener.get()](const RequestHead& head,
                                                                std::string_view, PlainPeer) {
    return self->Answer(head);
  };
  auto http = PlainHttp::Create(address, inherited, PlainHttp::Limits{}, answer);
  if (!http.ok()) return http.status();
  listener->http_ = *std::move(http);
  return listener;
}

void StatusListener::Start() { http_->Start(); }
void StatusListener::Stop() { http_->Stop(); }

PlainReply StatusListener::Answer(const RequestHead& head) const {
  PlainReply reply;
  const std::string_view path = head.path();
  const Phase phase = metrics_.phase();
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
    if (AcceptsHtml(head.Find("accept").value)) {
      reply.content_type = "text/html; charset=utf-8";
      reply.fields = StatusPageFields();
      reply.body = StatusPage(metrics_, engines_, WallClock(), RefreshOf(head.query()));
    } else {
      reply.content_type = "application/json";
      reply.fields = "Vary: Accept\r\n";
      reply.body = StatusJson(metrics_, engines_, WallClock(), StatusReader::kAnyone);
    }
  } else {
    reply.status = 404;
    reply.body = "/metrics /livez /readyz /status\n";
  }
  return reply;
}

}  // namespace stile
