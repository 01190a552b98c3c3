// What a ClientConnection does with a solution that is checked elsewhere.
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "service/client_connection.h"
#include "service/engine_request.h"
#include "service/event_loop.h"

namespace stile {
namespace {

// How long a check may take. The page's script gives up after 20 seconds.
constexpr std::chrono::seconds kCheckPatience{5};
// When a solution for which there was no room is worth another try.
constexpr std::chrono::seconds kComeAgain{1};

}  // namespace

// Serves one of Stile's own endpoints that takes content, once it is there.
void ClientConnection::ServeContent(const Engine& engine, const Request& request,
                                    const Decision& decision, std::string_view content) {
  const UnixMillis now = loop_.Now();
  PuzzleCheck check;
  engine.Respond(request, decision, content, now, loop_.worker(), loop_.answer(), check);
  if (check.state() != PuzzleCheck::State::kOpen) return Send(loop_.answer(), true);
  auto checking = std::make_unique<Checking>(Checking{check, now});
  std::uint64_t ticket = 0;
  if (!loop_.AskCheck(check, request.address, *this, ticket)) {
    check.PutOff(kComeAgain);
    engine.Respond(request, decision, content, now, loop_.worker(), loop_.answer(), check);
    return Send(loop_.answer(), true);
  }
  checking_ = std::move(checking);
  ticket_ = ticket;
  phase_ = Phase::kCheck;
  read_deadline_ = CoarseNow() + kCheckPatience;
  Watch();  // Nobody's solution is checked who is gone.
}

void ClientConnection::OnChecked(PuzzleCheck::State outcome) {
  if (phase_ != Phase::kCheck) return;
  const Turn turn(*this);
  checking_->check.Settle(outcome);
  EndCheck();
}

void ClientConnection::OnCheckTimeout() {
  loop_.NoteLateCheck();
  checking_->check.PutOff(kComeAgain);
  EndCheck();
}

// Answers with what came of the check. The head and the content are still there.
void ClientConnection::EndCheck() {
  loop_.ForgetCheck(std::exchange(ticket_, 0));
  const std::unique_ptr<Checking> checking = std::move(checking_);
  const Engine& entered = loop_.Enter();
  Request request = EngineRequestOf(head_, origin_, PinnedSite(entered));
  const Engine& engine = loop_.Choose(entered, request);
  if (&engine != &entered) request.site = PinnedSite(engine);
  Decision decision;
  decision.action = Action::kServe;
  engine.Respond(request, decision, content_.view(), checking->came, loop_.worker(), loop_.answer(),
                 checking->check);
  Send(loop_.answer(), true);
}

}  // namespace stile
