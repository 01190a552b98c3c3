#include "service/overload_answer.h"

#include "engine/media_range.h"
#include "service/gateway_answer.h"

namespace stile {
namespace {

using std::string_view_literals::operator""sv;

// Asked for again by the page itself. What a form sent would be sent once more, so such a client is
// told, and goes back by hand.
constexpr std::string_view kPage =
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content=\"width=device-width\"><meta http-equiv=refresh content=5>"
    "<title>One moment</title><h1>One moment</h1>"
    "<p>Very many people want to see this website just now. This page tries again by itself in a "
    "few seconds.\n";
constexpr std::string_view kFormPage =
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content=\"width=device-width\">"
    "<title>Not sent</title><h1>Your form was not sent</h1>"
    "<p>Very many people want to use this website just now. Please go back, wait a few seconds and "
    "send it again.\n";

}  // namespace

Answer OverloadAnswer(const Request& request) noexcept {
  Answer answer;
  answer.status = 429;
  const bool is_page = IsNavigation(request);
  if (is_page) {
    const bool is_read = request.method == "GET" || request.method == "HEAD";
    answer.body = is_read ? kPage : kFormPage;
    answer.Add("Content-Type", "text/html; charset=utf-8");
    answer.Add("Content-Security-Policy", "default-src 'none'");
  } else {
    answer.body = R"({"error":"overloaded"})";
    answer.Add("Content-Type", "application/json");
  }
  answer.Add("Retry-After", "5");
  answer.Add("Cache-Control", "no-store");
  answer.Add("X-Content-Type-Options", "nosniff");
  return answer;
}

bool ShortAnswer(const Engine& engine, const Request& request, const Decision& decision,
                 UnixMillis now, Answer& answer) noexcept {
  if (decision.action == Action::kChallenge) {
    if (engine.PassesOnFault(request, decision, now)) return false;
    answer = OverloadAnswer(request);
    return true;
  }
  if (decision.action != Action::kDeny) return false;
  if (engine.site_options(engine.SiteOf(request)).keys_degraded) return false;
  answer = decision.retry_after > 0 ? OverloadAnswer(request) : PlainAnswer(403);
  return true;
}

std::string_view FullAnswer(ListenerMode mode) noexcept {
  switch (mode) {
    case ListenerMode::kCheck:
      return "HTTP/1.1 403 Forbidden\r\nX-Stile-Verdict: error\r\nX-Stile-Rule: -\r\n"
             "X-Stile-Ctx: -\r\nCache-Control: no-store\r\nContent-Length: 0\r\n"
             "Connection: close\r\n\r\n";
    case ListenerMode::kForwardAuth:
    case ListenerMode::kExtAuthz:
      return "HTTP/1.1 429 Too Many Requests\r\nX-Stile-Verdict: -\r\nX-Stile-Rule: -\r\n"
             "X-Stile-Ctx: -\r\nRetry-After: 5\r\nCache-Control: no-store\r\nContent-Length: 0\r\n"
             "Connection: close\r\n\r\n";
    case ListenerMode::kSpop:
      // AGENT-DISCONNECT with the status 13, "resources", as WriteSpopDisconnect has it.
      return "\0\0\0\x28\x66\0\0\0\x01\0\0\x0Bstatus-code\x03\x0D\x07message\x08\x09resources"sv;
    case ListenerMode::kGateway:
    case ListenerMode::kPublic:
    case ListenerMode::kSiteverify:
      break;
  }
  return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
         "Connection: close\r\n\r\n";
}

}  // namespace stile
