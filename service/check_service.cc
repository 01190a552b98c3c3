#include "service/check_service.h"

#include <cstddef>
#include <cstdint>

#include "service/dialect/check_response.h"
#include "service/dialect/described_request.h"
#include "service/dialect/dialect.h"
#include "service/dialect/ext_authz.h"
#include "service/dialect/question.h"
#include "service/dialect/whole_answer.h"
#include "service/engine_request.h"
#include "service/event_loop.h"
#include "service/gateway_answer.h"
#include "service/pinned_site.h"
#include "service/protobuf_reader.h"
#include "service/protobuf_writer.h"

namespace stile {
namespace {

constexpr std::string_view kCheck = "/envoy.service.auth.v3.Authorization/Check";
constexpr std::string_view kHealth = "/grpc.health.v1.Health/Check";
constexpr std::string_view kAuthorization = "envoy.service.auth.v3.Authorization";

// Of grpc.health.v1.HealthCheckResponse.
constexpr std::uint64_t kServing = 1;
constexpr std::uint64_t kNotServing = 2;

}  // namespace

GrpcStatus CheckService::Call(const GrpcCall& call, std::string& out) {
  const GrpcStatus status = Answer(call, out);
  loop_.counters().grpc_calls[static_cast<std::size_t>(status)].Add();
  return status;
}

bool CheckService::RefusesUnread(std::string_view method) noexcept {
  return method == kCheck && !IsTrustedPeer(plan_.client_address, peer_.address);
}

GrpcStatus CheckService::Answer(const GrpcCall& call, std::string& out) {
  if (call.method == kHealth) {
    if (call.too_large) return GrpcStatus::kResourceExhausted;
    return CheckHealth(call.message, out);
  }
  if (call.method != kCheck) return GrpcStatus::kUnimplemented;
  loop_.counters().requests.Add();
  head_.Clear();
  if (RefusesUnread(call.method)) {
    const auto reason = static_cast<std::size_t>(DescriptionReason::kUntrustedPeer);
    loop_.counters().descriptions_refused[reason].Add();
    Deny(PlainAnswer(403), out);
    return GrpcStatus::kOk;
  }
  if (call.too_large) {
    loop_.counters().heads_refused[static_cast<std::size_t>(HeadReason::kHeadTooLarge)].Add();
    Deny(PlainAnswer(431), out);
    return GrpcStatus::kOk;
  }
  return Check(call.message, out);
}

GrpcStatus CheckService::CheckHealth(std::string_view message, std::string& out) const {
  // HealthCheckRequest { service = 1 }
  std::string_view service;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(1)) service = reader.bytes();
  }
  if (!reader.ok()) return GrpcStatus::kInvalidArgument;
  if (!service.empty() && service != kAuthorization) return GrpcStatus::kNotFound;
  ProtobufWriter(out).Number(1, loop_.draining() ? kNotServing : kServing);
  return GrpcStatus::kOk;
}

GrpcStatus CheckService::Check(std::string_view message, std::string& out) {
  if (!ReadCheckRequest(message, request_)) return GrpcStatus::kInvalidArgument;
  const HeadResult result = ReadHead();
  if (result.status == HeadStatus::kComplete) {
    Decide(out);
  } else {
    loop_.counters().heads_refused[static_cast<std::size_t>(result.reason)].Add();
    Deny(AnswerToRefusedHead(ListenerMode::kExtAuthz, HttpStatusOf(result.status)), out);
  }
  head_text_.Clear();
  head_text_.Release(0);
  return GrpcStatus::kOk;
}

HeadResult CheckService::ReadHead() {
  head_text_.Clear();
  const HeadReason fault = WriteQuestionHead(request_, head_text_);
  if (fault != HeadReason::kNone) return {StatusOf(fault), fault, 0};
  HeadLimits limits{.max_head = loop_.limits().max_head};
  limits.max_target += kCarriedPrefix.size();
  const HeadResult result = head_.Read(head_text_.bytes(), limits);
  // What was written ends with an empty line, so a head that isn't whole there has no meaning.
  if (result.status != HeadStatus::kNeedMore) return result;
  head_.Clear();
  return {HeadStatus::kTooLarge, HeadReason::kHeadTooLarge, 0};
}

// As the listener's client_address says. A request's scheme stands for the connection's.
ClientOrigin CheckService::FindOrigin() const noexcept {
  ConnectionPeer peer = peer_;
  peer.https = request_.scheme == "https";
  ClientOrigin origin = FindClientOrigin(plan_.client_address, peer, head_);
  if (plan_.client_address.source == ClientAddressSource::kPeer) {
    origin.address = IpAddress::Parse(request_.source_address);
  }
  return origin;
}

void CheckService::Decide(std::string& out) {
  const ClientOrigin origin = FindOrigin();
  const Engine& entered = loop_.Enter();
  Request own = EngineRequestOf(head_, origin, PinnedSite(plan_, entered));
  const Engine& engine = loop_.Choose(entered, own);
  if (&engine != &entered) own.site = PinnedSite(plan_, engine);

  Request asked;
  Decision decided;
  const UnixMillis now = loop_.Now();
  const Question question{.engine = engine,
                          .head = head_,
                          .origin = origin,
                          .own = own,
                          .fingerprint_field = plan_.fingerprint_field,
                          .now = now,
                          .worker = loop_.worker(),
                          .counters = loop_.counters(),
                          .facts = loop_.facts(),
                          .names = loop_.names(),
                          .request = asked,
                          .decision = decided,
                          .overloaded = loop_.overloaded(),
                          .carries = true};
  stile::Answer& answer = loop_.answer();
  AnswerCheckCall(question, answer);
  if (answer.status != 200) {
    const bool refused = decided.action == Action::kChallenge || decided.action == Action::kDeny;
    if (refused) loop_.NoteRefusal(engine, asked, decided, answer.reference, now);
    return Deny(answer, out);
  }
  WriteCheckResponse(answer, head_, StrippedCookie(engine, asked), out);
  cookie_.Clear();
  cookie_.Release(0);
}

void CheckService::Deny(const stile::Answer& answer, std::string& out) {
  WriteCheckResponse(answer, head_, std::nullopt, out);
}

std::optional<std::string_view> CheckService::StrippedCookie(const Engine& engine,
                                                             const Request& request) {
  // A request with more of them than it has room for is let alone: what it lacks would be lost.
  if (request.cookie_count == 0 || request.cookie_count == Request::kMaxCookieFields) {
    return std::nullopt;
  }
  bool changed = false;
  cookie_.Clear();
  for (std::size_t i = 0; i < request.cookie_count; ++i) {
    const std::string_view cookie = request.cookies[i];
    const std::size_t before = cookie_.size();
    if (before != 0) cookie_.Append("; ");
    const std::size_t left =
        engine.StripClearance(cookie, engine.SiteOf(request), cookie_.Room(cookie.size()));
    changed = changed || left != cookie.size();
    if (left == 0) {
      cookie_.Truncate(before);
    } else {
      cookie_.Commit(left);
    }
  }
  return changed ? std::optional(cookie_.view()) : std::nullopt;
}

}  // namespace stile
