#include "engine/hop.h"

#include <algorithm>
#include <cstdint>

#include "engine/ask.h"
#include "engine/site_context.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

bool IsRefusal(Action action) noexcept {
  return action == Action::kChallenge || action == Action::kDeny;
}

Hop BareHop(const Exchange& exchange) noexcept {
  const Ask ask = BareAsk(exchange);
  Hop hop;
  hop.decision.action = Action::kChallenge;
  hop.decision.level_rank = ask.level_rank;
  hop.decision.roams = ask.roams;
  hop.return_path = ReturnPathOf(exchange.request);
  return hop;
}

}  // namespace

std::string_view WriteHop(const Site& site, const Request& request, const Decision& decision,
                          UnixMillis now, ContextText& out) noexcept {
  if (!IsRefusal(decision.action)) return {};
  Context context;
  // What a budget denies asks for no level; its seconds stand there.
  context.rank =
      decision.retry_after == 0
          ? decision.level_rank
          : static_cast<std::uint8_t>(std::min<std::uint32_t>(decision.retry_after, 255));
  context.action = static_cast<std::uint8_t>(decision.action);
  context.verdict = static_cast<std::uint8_t>(decision.verdict);
  context.roams = decision.roams;
  context.rule = decision.rule;
  context.return_path = ReturnPathOf(request);
  return SealSiteContext(site, now, kHopSeconds, context, out) ? out.view() : std::string_view{};
}

Hop ReadHop(Exchange& exchange, std::string_view text) noexcept {
  Context context;
  SealedContext& sealed = exchange.space.sealed_context;
  if (!OpenSiteContext(exchange.site, exchange.now, text, sealed, context)) {
    return BareHop(exchange);
  }
  const auto action = static_cast<Action>(context.action);
  if (!IsRefusal(action) || context.verdict >= kVerdictCount) return BareHop(exchange);
  Hop hop;
  hop.decision.action = action;
  hop.decision.verdict = static_cast<Verdict>(context.verdict);
  const bool limited = action == Action::kDeny && hop.decision.verdict == Verdict::kLimited;
  if (limited) {
    hop.decision.retry_after = context.rank;
  } else {
    hop.decision.level_rank = context.rank;
  }
  hop.decision.roams = context.roams;
  hop.decision.rule = context.rule;
  hop.return_path = context.return_path;
  return hop;
}

}  // namespace stile
