#include "service/control_listener.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <utility>

#include "challenge/concat.h"
#include "challenge/ip_address.h"
#include "service/log.h"
#include "service/memory_refusals.h"
#include "service/status_report.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kOwnerOnly = 0600;
constexpr std::size_t kMaxBody = 1'024;
constexpr std::size_t kMaxConnections = 16;
constexpr milliseconds kOrderTime{60'000};
constexpr milliseconds kRequestTime{10'000};  // Over TCP, for a request to arrive.

constexpr std::string_view kPaths[] = {"/mode",        "/reload", "/drain",     "/revoke",
                                       "/revocations", "/status", "/take-over", "/succeed"};

// True for a Host that no DNS name made: an address, or this machine itself.
bool IsOwnHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host == "localhost" || IpAddress::Parse(host).has_value();
}

std::string Who(const PlainPeer& peer) {
  if (peer.uid) return Concat("uid ", *peer.uid);
  return peer.address.empty() ? "unknown" : Concat("token from ", peer.address);
}

}  // namespace

PlainReply ErrorReply(std::uint16_t status, const std::vector<std::string>& errors) {
  std::string list;
  for (const std::string& error : errors) {
    list += Concat(list.empty() ? "" : ",", JsonString(error));
  }
  return {status, "application/json",
          Concat("{\"error\":", JsonString(errors.empty() ? "refused" : errors.front()),
                 ",\"errors\":[", list, "]}\n")};
}

ControlListener::ControlListener(std::shared_ptr<const ControlToken> token, Metrics& metrics,
                                 EngineSlot& engines, OrderDesk& desk, ControlOrders orders)
    : token_(std::move(token)),
      metrics_(metrics),
      engines_(engines),
      desk_(desk),
      orders_(std::move(orders)) {}

ControlListener::~ControlListener() { Stop(); }

absl::StatusOr<std::unique_ptr<ControlListener>> ControlListener::Create(
    ControlDoor door, Metrics& metrics, EngineSlot& engines, OrderDesk& desk, ControlOrders orders,
    InheritedSockets* inherited) {
  if (!door.address.is_unix && door.token == nullptr) {
    return absl::InvalidArgumentError("control over TCP needs a token");
  }
  std::unique_ptr<ControlListener> listener(
      new ControlListener(std::move(door.token), metrics, engines, desk, std::move(orders)));
  PlainHttp::Limits limits;
  limits.connections = kMaxConnections;
  limits.body = kMaxBody;
  limits.timeout = 2 * kOrderTime;
  if (door.address.is_unix) {
    limits.socket_mode = kOwnerOnly;
  } else {
    limits.request_timeout = kRequestTime;
  }
  auto http = PlainHttp::CreateLate(
      door.address, inherited, limits,
      [self = listener.get()](const RequestHead& head, std::string_view body, const PlainPeer& peer,
                              const PlainHttp::LateAnswer& answer) {
        self->Answer(head, body, peer, answer);
      });
  if (!http.ok()) return http.status();
  listener->http_ = *std::move(http);
  return listener;
}

void ControlListener::Start() {
  waiter_ = std::thread([this] { Wait(); });
  http_->Start();
}

void ControlListener::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (waiter_.joinable()) waiter_.join();
  if (http_ != nullptr) http_->Stop();
  waiting_.clear();
}

void ControlListener::Wait() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (stopped_) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    // Without memory its connection ends without an answer.
    Attempt(MemoryPlace::kOperator, [&work] { work(); });
    work = nullptr;
    lock.lock();
  }
}

std::optional<PlainReply> ControlListener::Refusal(const RequestHead& head) const {
  if (token_ == nullptr) return std::nullopt;
  const auto refuse = [this](ControlRefusal refusal, std::uint16_t status, const char* why) {
    metrics_.CountControlRefused(refusal);
    PlainReply reply = ErrorReply(status, {why});
    reply.close = true;
    return reply;
  };
  if (!IsOwnHost(head.host_name())) {
    return refuse(ControlRefusal::kHost, 403, "ask by address, or localhost");
  }
  if (head.Find("origin").count != 0) {
    return refuse(ControlRefusal::kOrigin, 403, "no page may ask");
  }
  const FieldLookup shown = head.Find("authorization");
  if (shown.count != 1 || !token_->IsShownBy(shown.value)) {
    return refuse(ControlRefusal::kToken, 401, "show the token: Authorization: Bearer ...");
  }
  return std::nullopt;
}

PlainReply ControlListener::OrderMode(std::string_view body, std::string by) const {
  auto order = ModeOrder::Parse(body);
  if (!order) return ErrorReply(400, {order.error()});
  order->by = std::move(by);
  return orders_.mode(*order);
}

tl::expected<OrderDesk::Order, PlainReply> ControlListener::Reading(const RequestHead& head,
                                                                    std::string_view body,
                                                                    const PlainPeer& peer) const {
  const std::string_view path = head.path();
  if (path == "/take-over" || path == "/succeed") return ReadingSuccession(path, body, peer);
  if (path == "/revocations") return orders_.revocations;
  if (path == "/drain") return orders_.drain;
  if (path == "/reload") {
    if (!body.empty() && body != "force=true") {
      return tl::unexpected(ErrorReply(400, {"write nothing, or force=true"}));
    }
    return [this, force = !body.empty()] { return orders_.reload(force); };
  }
  auto revocation = RevocationOrder::Parse(body);
  if (!revocation) return tl::unexpected(ErrorReply(400, {revocation.error()}));
  revocation->by = Who(peer);
  return [this, order = *std::move(revocation)] { return orders_.revoke(order); };
}

tl::expected<OrderDesk::Order, PlainReply> ControlListener::ReadingSuccession(
    std::string_view path, std::string_view body, const PlainPeer& peer) const {
  if (path == "/succeed") return [this, peer] { return orders_.succeed(peer); };
  constexpr std::string_view kFrom = "from=";
  std::size_t from = 0;
  const char* end = body.data() + body.size();
  if (!body.starts_with(kFrom) || std::from_chars(body.data() + kFrom.size(), end, from) !=
                                      std::from_chars_result{end, std::errc()}) {
    return tl::unexpected(ErrorReply(400, {"write from=0"}));
  }
  return [this, peer, from] { return orders_.take_over(peer, from); };
}

void ControlListener::Answer(const RequestHead& head, std::string_view body, const PlainPeer& peer,
                             const PlainHttp::LateAnswer& answer) {
  if (auto refusal = Refusal(head)) return answer(*std::move(refusal));
  const std::string_view path = head.path();
  const bool known = std::find(std::begin(kPaths), std::end(kPaths), path) != std::end(kPaths);
  if (!known) {
    return answer(
        ErrorReply(404, {"there is /status, /mode, /reload, /drain, /revoke and /revocations"}));
  }
  const bool reads = path == "/status" || path == "/revocations";
  const bool is_head = path == "/status" && head.method() == "HEAD";
  if (head.method() != (reads ? "GET" : "POST") && !is_head) {
    return answer(ErrorReply(405, {reads ? "use GET" : "use POST"}));
  }
  if (path == "/status") {
    return answer({200, "application/json",
                   StatusJson(metrics_, engines_, WallClock(), StatusReader::kOperator)});
  }
  if (path == "/mode") return answer(OrderMode(body, Who(peer)));
  auto order = Reading(head, body, peer);
  if (!order) return answer(std::move(order.error()));
  {
    const std::lock_guard lock(mutex_);
    waiting_.emplace_back([this, ask = *std::move(order), late = answer] {
      auto reply = desk_.Ask(ask, kOrderTime);
      late(reply ? *std::move(reply)
                 : ErrorReply(503, {"the main thread is busy or stopping: look at /status"}));
    });
  }
  changed_.notify_all();
}

}  // namespace stile
