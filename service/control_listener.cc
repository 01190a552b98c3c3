#include "service/control_listener.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <utility>

#include "service/concat.h"
#include "service/log.h"
#include "service/status_report.h"
#include "service/wall_clock.h"
#include "verifier/policy/text/duration.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kOwnerOnly = 0600;
constexpr std::size_t kMaxBody = 1'024;
constexpr std::size_t kMaxConnections = 16;
constexpr milliseconds kOrderTime{60'000};

// What may come before '=' in a form of POST /mode.
constexpr std::string_view kFields[] = {"mode", "site", "for"};

constexpr std::pair<std::string_view, std::optional<GateMode>> kModes[] = {
    {"enforce", GateMode::kEnforce}, {"shadow", GateMode::kShadow}, {"open", GateMode::kOpen},
    {"attack", GateMode::kAttack},   {"configured", std::nullopt},
};

}  // namespace

tl::expected<ModeOrder, std::string> ModeOrder::Parse(std::string_view form) {
  std::string_view values[std::size(kFields)] = {};
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    const std::string_view name = pair.substr(0, pair.find('='));
    const std::string_view value = pair.substr(std::min(name.size() + 1, pair.size()));
    if (name == "rule") {
      return tl::unexpected(
          std::string("single rules are not switched at run time in this version: set the rule's "
                      "mode in the policy file, then reload"));
    }
    const auto* field = std::find(std::begin(kFields), std::end(kFields), name);
    if (field == std::end(kFields) || value.empty() || !values[field - kFields].empty()) {
      return tl::unexpected(std::string(
          "write mode=enforce, shadow, open, attack or configured, and at most one site=NAME and "
          "for=10m"));
    }
    values[field - kFields] = value;
  }
  const auto* mode = std::find_if(std::begin(kModes), std::end(kModes),
                                  [&](const auto& known) { return known.first == values[0]; });
  if (mode == std::end(kModes)) {
    return tl::unexpected(
        std::string("the mode must be enforce, shadow, open, attack or configured"));
  }
  ModeOrder order;
  order.mode = mode->second;
  order.site = std::string(values[1]);
  if (!values[2].empty()) {
    order.period = ParseDuration(values[2]);
    if (!order.period || *order.period < std::chrono::seconds{1} || *order.period > kLongest) {
      return tl::unexpected(
          std::string("the time must be digits and s, m, h or d, from 1s to 30d"));
    }
    if (!order.mode)
      return tl::unexpected(std::string("configured is for good: leave out the time"));
  }
  return order;
}

PlainReply ErrorReply(std::uint16_t status, const std::vector<std::string>& errors) {
  std::string list;
  for (const std::string& error : errors) {
    list += Concat(list.empty() ? "" : ",", JsonString(error));
  }
  return {status, "application/json",
          Concat("{\"error\":", JsonString(errors.empty() ? "refused" : errors.front()),
                 ",\"errors\":[", list, "]}\n")};
}

ControlListener::ControlListener(const Metrics& metrics, EngineSlot& engines, OrderDesk& desk,
                                 ControlOrders orders)
    : metrics_(metrics), engines_(engines), desk_(desk), orders_(std::move(orders)) {}

absl::StatusOr<std::unique_ptr<ControlListener>> ControlListener::Create(
    const std::string& path, const Metrics& metrics, EngineSlot& engines, OrderDesk& desk,
    ControlOrders orders, InheritedSockets* inherited) {
  std::unique_ptr<ControlListener> listener(
      new ControlListener(metrics, engines, desk, std::move(orders)));
  SocketAddress address;
  address.is_unix = true;
  address.path = path;
  PlainHttp::Limits limits;
  limits.connections = kMaxConnections;
  limits.body = kMaxBody;
  limits.timeout = 2 * kOrderTime;
  limits.socket_mode = kOwnerOnly;
  auto http = PlainHttp::Create(
      address, inherited, limits,
      [self = listener.get()](const RequestHead& head, std::string_view body, PlainPeer peer) {
        return self->Answer(head, body, peer);
      });
  if (!http.ok()) return http.status();
  listener->http_ = *std::move(http);
  return listener;
}

void ControlListener::Start() { http_->Start(); }
void ControlListener::Stop() { http_->Stop(); }

PlainReply ControlListener::Answer(const RequestHead& head, std::string_view body, PlainPeer peer) {
  const std::string_view path = head.path();
  if (path == "/status") {
    if (head.method() != "GET" && head.method() != "HEAD") return ErrorReply(405, {"use GET"});
    return {200, "application/json",
            StatusJson(metrics_, engines_, WallClock(), StatusReader::kOperator)};
  }
  if (path == "/revocations") {
    if (head.method() != "GET") return ErrorReply(405, {"use GET"});
    return Order(orders_.revocations);
  }
  if (path == "/take-over" || path == "/succeed") return AnswerSuccession(head, body, peer);
  if (path != "/mode" && path != "/reload" && path != "/drain" && path != "/revoke") {
    return ErrorReply(404, {"there is /status, /mode, /reload, /drain, /revoke and /revocations"});
  }
  if (head.method() != "POST") return ErrorReply(405, {"use POST"});
  if (path == "/reload") {
    if (!body.empty() && body != "force=true") {
      return ErrorReply(400, {"write nothing, or force=true"});
    }
    return Order([this, force = !body.empty()] { return orders_.reload(force); });
  }
  if (path == "/drain") return Order(orders_.drain);
  const std::string by = peer.uid ? Concat("uid ", *peer.uid) : "unknown";
  if (path == "/revoke") {
    auto revocation = RevocationOrder::Parse(body);
    if (!revocation) return ErrorReply(400, {revocation.error()});
    revocation->by = by;
    return Order([this, order = *std::move(revocation)] { return orders_.revoke(order); });
  }
  auto order = ModeOrder::Parse(body);
  if (!order) return ErrorReply(400, {order.error()});
  order->by = by;
  return Order([this, order = *std::move(order)] { return orders_.mode(order); });
}

PlainReply ControlListener::AnswerSuccession(const RequestHead& head, std::string_view body,
                                             PlainPeer peer) {
  if (head.method() != "POST") return ErrorReply(405, {"use POST"});
  if (head.path() == "/succeed") return Order([this, peer] { return orders_.succeed(peer); });
  constexpr std::string_view kFrom = "from=";
  std::size_t from = 0;
  const char* end = body.data() + body.size();
  if (!body.starts_with(kFrom) || std::from_chars(body.data() + kFrom.size(), end, from) !=
                                      std::from_chars_result{end, std::errc()}) {
    return ErrorReply(400, {"write from=0"});
  }
  return Order([this, peer, from] { return orders_.take_over(peer, from); });
}

PlainReply ControlListener::Order(OrderDesk::Order order) {
  auto reply = desk_.Ask(std::move(order), kOrderTime);
  if (reply) return *std::move(reply);
  return ErrorReply(503, {"the main thread is busy or stopping: look at /status"});
}

}  // namespace stile
