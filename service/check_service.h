#ifndef STILE_SERVICE_CHECK_SERVICE_H_
#define STILE_SERVICE_CHECK_SERVICE_H_

#include <optional>
#include <string>
#include <string_view>

#include "engine/answer.h"
#include "engine/engine.h"
#include "service/byte_buffer.h"
#include "service/client_address.h"
#include "service/dialect/check_request.h"
#include "service/grpc_session.h"
#include "service/listener.h"
#include "service/request_head.h"
#include "verifier/request.h"

namespace stile {

class EventLoop;

// What an ext-authz listener answers by gRPC, on one connection:
//
//   envoy.service.auth.v3.Authorization/Check   may this request pass?
//   grpc.health.v1.Health/Check                 serving, or not while it drains
//
// Any other method is kUnimplemented, and so is a health check's Watch, in whose place clients then
// use Check. A message that is no CheckRequest is kInvalidArgument: no client of a proxy can bring
// that about, since the proxy writes the message. Whatever such a client can bring about is an
// answer, never an error that a proxy could let pass: a request that the strict reader of heads
// refuses is denied with that status (400 in place of every 5xx), and one whose message is too
// large with 431.
class CheckService final : public GrpcMethods {
 public:
  // Both outlive it.
  CheckService(EventLoop& loop, const ListenerPlan& plan, const ConnectionPeer& peer) noexcept
      : loop_(loop), plan_(plan), peer_(peer) {}

  [[nodiscard]] GrpcStatus Call(const GrpcCall& call, std::string& out) override;
  // Nothing that a stranger says is read.
  [[nodiscard]] bool RefusesUnread(std::string_view method) noexcept override;

 private:
  [[nodiscard]] GrpcStatus Answer(const GrpcCall& call, std::string& out);
  [[nodiscard]] GrpcStatus Check(std::string_view message, std::string& out);
  [[nodiscard]] GrpcStatus CheckHealth(std::string_view message, std::string& out) const;
  [[nodiscard]] HeadResult ReadHead();
  [[nodiscard]] ClientOrigin FindOrigin() const noexcept;
  void Decide(std::string& out);
  void Deny(const stile::Answer& answer, std::string& out);
  // The client's Cookie without Stile's own; nullopt if that changes nothing.
  [[nodiscard]] std::optional<std::string_view> StrippedCookie(const Engine& engine,
                                                               const Request& request);

  EventLoop& loop_;
  const ListenerPlan& plan_;
  const ConnectionPeer& peer_;
  CheckRequest request_;
  ByteBuffer head_text_;
  ByteBuffer cookie_;
  RequestHead head_;
};

}  // namespace stile

#endif  // STILE_SERVICE_CHECK_SERVICE_H_
