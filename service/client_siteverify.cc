// What a ClientConnection does for a site's own backend.
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "service/client_connection.h"
#include "service/engine_request.h"
#include "service/event_loop.h"
#include "service/gateway_answer.h"

namespace stile {
namespace {

// How long a store may take. Clients of such services give up after a second.
constexpr std::chrono::milliseconds kSpendPatience{800};

// Clients that let only a host be set ask at the path of the service that they were written for.
bool IsSiteverify(std::string_view target) {
  const std::string_view path = PathOf(target);
  return path == "/siteverify" || path == "/turnstile/v0/siteverify";
}

constexpr SpendAnswer kNoAnswer{SpendResult::kUnknown, false, true};

}  // namespace

// On a siteverify listener, once the head is there.
void ClientConnection::OnSiteverifyHead() {
  if (!IsSiteverify(head_.target())) return Send(PlainAnswer(404), head_.without_content());
  if (head_.method() != "POST") return RefuseSiteverify(head_.without_content());
  if (!head_.without_content()) return BeginContent();
  ServeSiteverify({});
}

// Clients take any other status for a failure of ours.
void ClientConnection::RefuseSiteverify(bool content_read) {
  SiteverifyQuestion question;
  question.error = SiteverifyError::kBadRequest;
  AnswerSiteverify(question, kNoAnswer, content_read);
}

// ... and its content.
void ClientConnection::ServeSiteverify(std::string_view content) {
  const Engine& engine = loop_.Enter();
  const UnixMillis now = loop_.Now();
  const Request request = EngineRequestOf(head_, origin_, PinnedSite(engine));
  const SiteverifyQuestion question =
      engine.ReadSiteverify(request.content_type, content, request.site, now, loop_.worker());
  if (!question.AsksStore()) return AnswerSiteverify(question, kNoAnswer, true);
  ticket_ = 0;
  const std::optional<SpendAnswer> answer = loop_.AskSpend(question.spend, now, *this, ticket_);
  if (answer) return AnswerSiteverify(question, *answer, true);
  waiting_ = std::make_unique<SiteverifyQuestion>(question);
  phase_ = Phase::kStore;
  read_deadline_ = CoarseNow() + kSpendPatience;
}

void ClientConnection::OnSpendAnswer(const SpendAnswer& answer) {
  if (phase_ != Phase::kStore) return;
  const Turn turn(*this);
  EndSpendWait(answer);
}

void ClientConnection::EndSpendWait(const SpendAnswer& answer) {
  loop_.ForgetSpend(std::exchange(ticket_, 0));
  const std::unique_ptr<SiteverifyQuestion> question = std::move(waiting_);
  AnswerSiteverify(*question, answer, true);
}

void ClientConnection::OnSpendTimeout() {
  loop_.counters().spend_timeouts.Add();
  EndSpendWait(kNoAnswer);
}

void ClientConnection::AnswerSiteverify(const SiteverifyQuestion& question,
                                        const SpendAnswer& spend, bool content_read) {
  Engine::AnswerSiteverify(question, spend, loop_.worker(), loop_.answer());
  Send(loop_.answer(), content_read);
}

}  // namespace stile
