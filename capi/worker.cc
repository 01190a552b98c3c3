// The functions of stile.h about workers and requests.
#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <type_traits>

#include "capi/given_text.h"
#include "capi/guarded.h"
#include "capi/handles.h"
#include "capi/request_view.h"
#include "capi/sized.h"
#include "capi/stile.h"
#include "challenge/key_ring.h"
#include "verifier/rule_name.h"

namespace stile {
namespace {

constexpr std::string_view kLimitRule = "_limit";

// What stile_decision::inner holds: the decision, and of which engine it is.
struct Inner {
  std::uint64_t serial = 0;  // 0: of none, but of the limits.
  Decision decision;
};
static_assert(std::is_trivially_copyable_v<Inner> &&
              sizeof(Inner) <= sizeof(stile_decision::inner));

// A request as it was read, and the engine that it meets.
struct Met {
  RequestShape shape = RequestShape::kWrong;
  Request request;
  const Engine* engine = nullptr;
};

// Where a site is gone that a door is pinned to, the client doesn't get the choice.
std::uint16_t SiteOf(const Engine& engine, std::uint32_t site_id) noexcept {
  if (site_id == 0) return Request::kSiteByHost;
  const std::uint16_t site = engine.SiteOfId(site_id);
  return site == Request::kSiteByHost ? static_cast<std::uint16_t>(engine.SiteOf(Request())) : site;
}

// Room for a request's fields, where a rule may look at any.
std::span<RequestField> FieldsFor(stile_worker& worker, const Engine& engine) noexcept {
  return engine.needs().fields ? std::span<RequestField>(worker.fields) : std::span<RequestField>();
}

// Reads `given` and picks its engine.
Met Meet(stile_worker& worker, const stile_request& given) noexcept {
  Met met;
  const Engine& entered = worker.slot.Enter(*worker.worker);
  std::size_t used = 0;
  met.shape = ReadRequest(given, FieldsFor(worker, entered), met.request, used);
  met.engine = &entered;
  if (met.shape == RequestShape::kWrong) return met;
  met.request.site = SiteOf(entered, given.site);
  const Engine& chosen = worker.slot.Choose(*worker.worker, entered, met.request);
  met.engine = &chosen;
  if (&chosen == &entered) return met;
  // It has its own sites, and may look at fields that the other one doesn't.
  if (chosen.needs().fields && used == 0) {
    met.request = Request();
    met.shape = ReadRequest(given, worker.fields, met.request, used);
  }
  met.request.site = SiteOf(chosen, given.site);
  return met;
}

// What becomes of a request that is over the limits: refused, unless its site lets everything pass.
Decision DecisionOnLimit(const Engine& engine, const Request& request) noexcept {
  Decision decision;
  decision.verdict = Verdict::kMalformed;
  decision.mode = engine.switches(engine.SiteOf(request)).mode();
  decision.by_mode = decision.mode == GateMode::kOpen || decision.mode == GateMode::kShadow;
  decision.action = decision.by_mode ? Action::kAllow : Action::kDeny;
  return decision;
}

// What is left of a denial where the engine that it came from is gone: no rule of its.
Decision DenialOf(const Decision& earlier) noexcept {
  Decision decision;
  decision.action = Action::kDeny;
  decision.verdict = earlier.verdict;
  decision.retry_after = earlier.retry_after;
  return decision;
}

std::string_view LevelOf(const Policy& policy, const Decision& decision) noexcept {
  const bool is_cleared = decision.action == Action::kAllow && decision.rank_held > 0;
  return policy.LevelName(is_cleared ? decision.rank_held : decision.level_rank);
}

// Tells the caller what was decided about a request of `engine`.
void Tell(const Engine& engine, const Request& request, const Decision& decision, bool is_limit,
          stile_decision& out) noexcept {
  stile_decision told{};
  told.action = static_cast<std::int32_t>(decision.action);
  told.verdict = static_cast<std::int32_t>(decision.verdict);
  if (decision.by_mode) told.flags |= STILE_DECISION_BY_MODE;
  if (decision.by_grace) told.flags |= STILE_DECISION_BY_GRACE;
  told.rank_held = decision.rank_held;
  told.rank_needed = decision.rank_needed;
  told.retry_after_s = decision.retry_after;
  const std::size_t site = engine.SiteOf(request);
  told.site = static_cast<std::uint32_t>(site);
  if (is_limit) {
    told.rule = GivenText(kLimitRule);
  } else if (decision.action == Action::kServe) {
    if (engine.WantsBody(request)) told.body_limit = Engine::kMaxBody;
  } else {
    const Policy& policy = engine.policy(site);
    told.rule = GivenText(RuleName(policy, decision));
    told.level = GivenText(LevelOf(policy, decision));
  }
  const Inner inner{is_limit ? 0 : engine.serial(), decision};
  std::memcpy(told.inner, &inner, sizeof inner);
  WriteSized(out, told);
}

void DecideOne(stile_worker& worker, const stile_request& given, UnixMillis now,
               stile_decision& out, stile_status& status) noexcept {
  const Met met = Meet(worker, given);
  if (met.shape == RequestShape::kWrong) {
    status = STILE_ERR_INVALID_ARGUMENT;
    return;
  }
  const bool is_limit = met.shape == RequestShape::kTooMuch;
  const Decision decision = is_limit ? DecisionOnLimit(*met.engine, met.request)
                                     : met.engine->Decide(met.request, now, *worker.worker);
  Tell(*met.engine, met.request, decision, is_limit, out);
}

// Requests that were read to be decided about together, with their fields in the worker.
struct Batch {
  std::array<Request, stile_worker::kBatch> requests;
  std::array<std::size_t, stile_worker::kBatch> places{};  // Of each among the caller's.
  std::size_t count = 0;
};

// The caller's element of this index: its structs may be longer than ours.
template <typename T>
T& ElementAt(T* first, std::size_t index) noexcept {
  using Byte = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;
  return *reinterpret_cast<T*>(reinterpret_cast<Byte*>(first) + index * first->struct_size);
}

// A copy of it. Each element is as long as the first says.
stile_request ReadElement(const stile_request* first, std::size_t index) noexcept {
  stile_request read{};
  std::memcpy(&read, &ElementAt(first, index),
              std::min<std::size_t>(first->struct_size, sizeof read));
  return read;
}

// Decides about the caller's requests from `begin` on, as many as fit. Returns where it stopped.
std::size_t DecideSome(stile_worker& worker, const Engine& engine, const stile_request* requests,
                       std::size_t begin, std::size_t end, UnixMillis now,
                       stile_decision* decisions, stile_status& status) noexcept {
  const std::span<RequestField> room = FieldsFor(worker, engine);
  Batch batch;
  std::array<Decision, stile_worker::kBatch> decided;
  std::size_t filled = 0;
  std::size_t at = begin;
  for (; at < end && batch.count < stile_worker::kBatch; ++at) {
    if (!room.empty() && room.size() - filled < STILE_MAX_FIELDS) break;
    const stile_request given = ReadElement(requests, at);
    Request& request = batch.requests[batch.count] = Request();
    std::size_t used = 0;
    const RequestShape shape =
        ReadRequest(given, room.subspan(room.empty() ? 0 : filled), request, used);
    if (shape == RequestShape::kWrong) {
      status = STILE_ERR_INVALID_ARGUMENT;
      continue;
    }
    filled += used;
    // `given` ends with this turn, and its country with it.
    request.country = {ElementAt(requests, at).country, request.country.size()};
    request.site = SiteOf(engine, given.site);
    if (shape == RequestShape::kTooMuch) {
      Tell(engine, request, DecisionOnLimit(engine, request), true, ElementAt(decisions, at));
      continue;
    }
    batch.places[batch.count++] = at;
  }
  const std::span<const Request> read(batch.requests.data(), batch.count);
  engine.DecideAll(read, now, *worker.worker, std::span(decided).first(batch.count));
  for (std::size_t i = 0; i < batch.count; ++i) {
    Tell(engine, batch.requests[i], decided[i], false, ElementAt(decisions, batch.places[i]));
  }
  return at;
}

void WriteAnswer(const Answer& answer, stile_answer& out) noexcept {
  static_assert(STILE_MAX_ANSWER_FIELDS == Answer::kMaxFields);
  stile_answer written{};
  written.status = answer.status;
  written.field_count = static_cast<std::uint32_t>(answer.field_count);
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    written.fields[i] = {GivenText(answer.fields[i].name), GivenText(answer.fields[i].value)};
  }
  written.body = GivenText(answer.body);
  written.reference = GivenText(answer.reference);
  WriteSized(out, written);
}

Answer ShortAnswer(std::uint16_t status, std::string_view body) noexcept {
  Answer answer;
  answer.status = status;
  answer.Add("Content-Type", "text/plain; charset=utf-8");
  answer.Add("Cache-Control", "no-store");
  answer.body = body;
  return answer;
}

Answer TooLongAnswer() noexcept { return ShortAnswer(413, "413 Content Too Large\n"); }

// Builds the answer for a decision that was made earlier, of the engine that there is now.
void Respond(stile_worker& worker, const Met& met, const Inner& inner, std::string_view body,
             UnixMillis now) noexcept {
  Worker& own = *worker.worker;
  if (inner.serial == 0 && inner.decision.action == Action::kDeny) {
    worker.answer = ShortAnswer(431, "431 Request Header Fields Too Large\n");
  } else if (inner.decision.action == Action::kAllow) {
    worker.answer = Answer();  // What was decided holds, whatever serves by now.
  } else if (inner.serial == met.engine->serial() || inner.decision.action == Action::kServe) {
    met.engine->Respond(met.request, inner.decision, body, now, own, worker.answer);
  } else if (inner.decision.action == Action::kDeny) {
    met.engine->Respond(met.request, DenialOf(inner.decision), {}, now, own, worker.answer);
  } else {
    // Another engine's rules: a challenge of the default level is right whatever they were.
    met.engine->RespondToHop(met.request, {}, now, own, worker.answer);
  }
}

// Copies a caller's decision. False if it is none of ours.
bool ReadDecision(const stile_decision& given, Inner& inner) noexcept {
  std::memcpy(&inner, given.inner, sizeof inner);
  const auto action = static_cast<std::int32_t>(inner.decision.action);
  return action == given.action && action > STILE_ACTION_ERROR && action <= STILE_ACTION_SERVE;
}

// A decision borrows from the Cookie field that it was made of. Where the caller has moved that
// since, it is left out.
void DropStrangeView(const Request& request, Decision& decision) noexcept {
  const std::string_view view = decision.finding.other_family;
  const auto is_within = [view](std::string_view cookie) {
    const std::less_equal<> not_after;
    return not_after(cookie.data(), view.data()) &&
           not_after(view.data() + view.size(), cookie.data() + cookie.size());
  };
  if (std::none_of(request.cookies.begin(), request.cookies.begin() + request.cookie_count,
                   is_within)) {
    decision.finding.other_family = {};
  }
}

static_assert(STILE_ACTION_ALLOW == static_cast<int>(Action::kAllow) &&
              STILE_ACTION_CHALLENGE == static_cast<int>(Action::kChallenge) &&
              STILE_ACTION_DENY == static_cast<int>(Action::kDeny) &&
              STILE_ACTION_SERVE == static_cast<int>(Action::kServe) &&
              STILE_ACTION_SERVE + 1 == static_cast<int>(kActionCount));
static_assert(STILE_VERDICT_VALID == static_cast<int>(Verdict::kValid) &&
              STILE_VERDICT_WRONG_CLIENT == static_cast<int>(Verdict::kWrongClient) &&
              STILE_VERDICT_LIMITED == static_cast<int>(Verdict::kLimited) &&
              STILE_VERDICT_REVOKED == static_cast<int>(Verdict::kRevoked) &&
              STILE_VERDICT_REVOKED + 1 == static_cast<int>(kVerdictCount));

}  // namespace
}  // namespace stile

using namespace stile;

extern "C" {

stile_status stile_worker_new(stile_engine* engine, stile_worker** worker) {
  if (engine == nullptr || worker == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    const std::lock_guard lock(engine->mutex);
    *worker = new stile_worker(*engine);
    return STILE_OK;
  });
}

void stile_worker_free(stile_worker* worker) { delete worker; }

uint32_t stile_site_id(stile_str name) { return IsText(name) ? SiteId(TextOf(name)) : 0; }

stile_status stile_is_own(stile_worker* worker, const stile_request* request, int32_t* own) {
  if (worker == nullptr || !IsSized(request) || own == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  const stile_request given = ReadSized(*request);
  const Met met = Meet(*worker, given);
  if (met.shape == RequestShape::kWrong) return STILE_ERR_INVALID_ARGUMENT;
  *own = met.engine->IsOwn(met.request) ? 1 : 0;
  return STILE_OK;
}

stile_status stile_decide(stile_worker* worker, const stile_request* request, int64_t now_ms,
                          stile_decision* decision) {
  if (decision == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  decision->action = STILE_ACTION_ERROR;
  if (worker == nullptr || !IsSized(request) || !IsSized(decision)) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  stile_status status = STILE_OK;
  DecideOne(*worker, ReadSized(*request), UnixMillis{now_ms}, *decision, status);
  return status;
}

stile_status stile_decide_many(stile_worker* worker, const stile_request* requests, size_t count,
                               int64_t now_ms, stile_decision* decisions) {
  if (count == 0) return STILE_OK;
  if (decisions == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  decisions->action = STILE_ACTION_ERROR;
  if (!IsSized(decisions)) return STILE_ERR_INVALID_ARGUMENT;
  for (std::size_t i = 1; i < count; ++i) {
    stile_decision& decision = ElementAt(decisions, i);
    decision.struct_size = decisions->struct_size;
    decision.action = STILE_ACTION_ERROR;
  }
  if (worker == nullptr || !IsSized(requests)) return STILE_ERR_INVALID_ARGUMENT;
  stile_status status = STILE_OK;
  const UnixMillis now{now_ms};
  // One engine for all, so that what each decision borrows of it stays until the next call. None
  // of them meets one that is on trial.
  const Engine& engine = worker->slot.Enter(*worker->worker);
  std::size_t at = 0;
  while (at < count) {
    at = DecideSome(*worker, engine, requests, at, count, now, decisions, status);
  }
  return status;
}

stile_status stile_respond(stile_worker* worker, const stile_request* request,
                           const stile_decision* decision, stile_str body, int64_t now_ms,
                           stile_answer* answer) {
  Inner inner;
  if (worker == nullptr || !IsSized(request) || !IsSized(decision) || !IsText(body) ||
      !IsSized(answer) || !ReadDecision(*decision, inner)) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  const stile_request given = ReadSized(*request);
  const Met met = Meet(*worker, given);
  if (met.shape == RequestShape::kWrong) return STILE_ERR_INVALID_ARGUMENT;
  worker->answer = Answer();
  DropStrangeView(met.request, inner.decision);
  const bool is_asked_for = inner.decision.action == Action::kServe && inner.serial != 0 &&
                            met.engine->WantsBody(met.request);
  if (is_asked_for && body.size > Engine::kMaxBody) {
    worker->answer = TooLongAnswer();
  } else {
    const std::string_view asked = is_asked_for ? TextOf(body) : std::string_view();
    Respond(*worker, met, inner, asked, UnixMillis{now_ms});
  }
  WriteAnswer(worker->answer, *answer);
  return STILE_OK;
}

stile_status stile_respond_too_long(stile_worker* worker, stile_answer* answer) {
  if (worker == nullptr || !IsSized(answer)) return STILE_ERR_INVALID_ARGUMENT;
  worker->answer = TooLongAnswer();
  WriteAnswer(worker->answer, *answer);
  return STILE_OK;
}

stile_status stile_renew(stile_worker* worker, const stile_request* request,
                         const stile_decision* decision, int64_t now_ms, stile_str* set_cookie) {
  Inner inner;
  if (worker == nullptr || !IsSized(request) || !IsSized(decision) || set_cookie == nullptr ||
      !ReadDecision(*decision, inner)) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  *set_cookie = {};
  const UnixMillis now{now_ms};
  // For nearly every request, this is all.
  const Engine& entered = worker->slot.Enter(*worker->worker);
  if (inner.serial == 0 ||
      (inner.serial == entered.serial() && !entered.MayRenew(inner.decision, now))) {
    return STILE_OK;
  }
  const stile_request given = ReadSized(*request);
  const Met met = Meet(*worker, given);
  if (met.shape == RequestShape::kWrong) return STILE_ERR_INVALID_ARGUMENT;
  if (inner.serial != met.engine->serial()) return STILE_OK;
  DropStrangeView(met.request, inner.decision);
  *set_cookie = GivenText(met.engine->Renew(met.request, inner.decision, now, *worker->worker));
  return STILE_OK;
}

stile_status stile_note_outcome(stile_worker* worker, const stile_request* request,
                                const stile_decision* decision, const stile_outcome* outcome,
                                int64_t now_ms) {
  Inner inner;
  if (worker == nullptr || !IsSized(request) || !IsSized(decision) || !IsSized(outcome) ||
      !ReadDecision(*decision, inner)) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  if (inner.serial == 0 || inner.decision.action != Action::kAllow) return STILE_OK;
  const stile_request given = ReadSized(*request);
  const Met met = Meet(*worker, given);
  if (met.shape == RequestShape::kWrong) return STILE_ERR_INVALID_ARGUMENT;
  const stile_outcome told = ReadSized(*outcome);
  const bool failed = told.status == 0 || told.status >= 500;
  met.engine->NoteOutcome(met.engine->TicketOf(met.request, inner.decision), {failed, told.millis},
                          UnixMillis{now_ms});
  return STILE_OK;
}

stile_status stile_strip_clearance(stile_worker* worker, const stile_request* request,
                                   stile_str cookie, char* out, size_t room, size_t* size) {
  if (worker == nullptr || !IsSized(request) || !IsText(cookie) || size == nullptr ||
      (out == nullptr && room > 0)) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  if (room < cookie.size) return STILE_ERR_NO_ROOM;
  const stile_request given = ReadSized(*request);
  const Met met = Meet(*worker, given);
  if (met.shape == RequestShape::kWrong) return STILE_ERR_INVALID_ARGUMENT;
  *size = met.engine->StripClearance(TextOf(cookie), met.engine->SiteOf(met.request), {out, room});
  return STILE_OK;
}

stile_status stile_siteverify(stile_worker* worker, uint32_t site, stile_str content_type,
                              stile_str body, int64_t now_ms, stile_answer* answer) {
  if (worker == nullptr || !IsText(content_type) || !IsText(body) || !IsSized(answer) ||
      body.size > Engine::kMaxBody) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  const UnixMillis now{now_ms};
  const Engine& engine = worker->slot.Enter(*worker->worker);
  const SiteverifyQuestion question = engine.ReadSiteverify(
      TextOf(content_type), TextOf(body), SiteOf(engine, site), now, *worker->worker);
  SpendAnswer spend;
  if (question.AsksStore()) {
    spend = worker->spends->Spend(question.spend, now);
  }
  worker->answer = Answer();
  Engine::AnswerSiteverify(question, spend, *worker->worker, worker->answer);
  WriteAnswer(worker->answer, *answer);
  return STILE_OK;
}

}  // extern "C"
