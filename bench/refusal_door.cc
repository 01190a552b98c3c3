#include "bench/refusal_door.h"

#include <cstdlib>
#include <utility>

#include "bench/fixture.h"
#include "bench/policy_data.h"
#include "service/dialect/dialect.h"
#include "service/engine_request.h"
#include "service/gateway_answer.h"
#include "service/timed_decision.h"
#include "verifier/policy/default_rules.h"

namespace stile::bench {
namespace {

constexpr std::string_view kDate = "Fri, 15 Jan 2027 08:00:00 GMT";

std::shared_ptr<const Policy> DenyingPolicy() {
  static const std::shared_ptr<const Policy> policy = [] {
    PolicySource source;
    source.rules.emplace_back();
    source.rules[0].name = "private";
    source.rules[0].paths = {"/private/*"};
    source.rules[0].action = Action::kDeny;
    for (Rule& rule : DefaultRules({})) source.rules.push_back(std::move(rule));
    return CompileOrExit(std::move(source));
  }();
  return policy;
}

std::unique_ptr<const Engine> NewEngine() {
  EngineOptions options;
  options.sites.emplace_back();
  options.sites[0].policy = DenyingPolicy();
  auto tables = RedeemTables::Create({});
  if (!tables) std::abort();
  auto engine = Engine::Create(std::move(options), Fixture::Get().ring(), *std::move(tables));
  if (!engine) std::abort();
  return *std::move(engine);
}

}  // namespace

RefusalDoor::RefusalDoor() : slot_(NewEngine()), worker_(slot_.NewWorker()) {
  client_.address = Fixture::Get().client().address;
  behind_proxy_.source = ClientAddressSource::kXRealIp;
  behind_proxy_.trust_unix = true;
}

Refusal RefusalDoor::Write(const Answer& answer, bool keep_alive) {
  out_.Clear();
  WriteAnswer(answer, {.date = kDate, .keep_alive = keep_alive}, out_);
  return {answer.status, out_.size()};
}

Refusal RefusalDoor::TimeOut() { return Write(PlainAnswer(408), false); }

Refusal RefusalDoor::Serve(std::string_view request_bytes, UnixMillis now) {
  const HeadResult result = head_.Read(request_bytes, {});
  if (result.status != HeadStatus::kComplete) {
    head_.Clear();
    return Write(AnswerToRefusedHead(ListenerMode::kGateway, HttpStatusOf(result.status)), false);
  }
  const ClientOrigin origin = FindClientOrigin(direct_, client_, head_);
  const Engine& engine = slot_.Enter(*worker_);
  Request request = EngineRequestOf(head_, origin, Request::kSiteByHost);
  if (engine.WantsBody(request) && head_.content_length() > Engine::kMaxBody) {
    return Write(PlainAnswer(413), false);
  }
  facts_.Find(engine, head_, origin, {}, false, request);
  const Decision decision = DecideTimed(engine, request, now, *worker_, counters_, nullptr);
  if (decision.action == Action::kAllow) return {};
  engine.Respond(request, decision, request_bytes.substr(result.size), now, *worker_, answer_);
  return Write(answer_, head_.keep_alive());
}

Refusal RefusalDoor::Ask(std::string_view question_bytes, UnixMillis now) {
  const HeadResult result = head_.Read(question_bytes, {});
  if (result.status != HeadStatus::kComplete) {
    head_.Clear();
    return Write(AnswerToRefusedHead(ListenerMode::kCheck, HttpStatusOf(result.status)), false);
  }
  const ClientOrigin origin = FindClientOrigin(behind_proxy_, {}, head_);
  const Engine& engine = slot_.Enter(*worker_);
  const Request own = EngineRequestOf(head_, origin, Request::kSiteByHost);
  Request request;
  Decision decision;
  AnswerQuestion(ListenerMode::kCheck,
                 {engine,
                  head_,
                  origin,
                  own,
                  {},
                  now,
                  *worker_,
                  counters_,
                  facts_,
                  nullptr,
                  request,
                  decision},
                 answer_);
  return Write(answer_, head_.keep_alive());
}

std::uint64_t RefusalDoor::Decided(Verdict verdict) const {
  std::uint64_t count = 0;
  for (const auto& action : worker_->counters().decisions[0]) {
    count += action[static_cast<std::size_t>(verdict)].Get();
  }
  return count;
}

std::uint64_t RefusalDoor::Redeemed(Verdict verdict) const {
  std::uint64_t count = 0;
  for (const auto& puzzle : worker_->counters().redeems) {
    count += puzzle[static_cast<std::size_t>(verdict)].Get();
  }
  return count;
}

}  // namespace stile::bench
