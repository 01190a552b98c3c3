#include "engine/challenge_answer.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "engine/challenge_json.h"
#include "engine/endpoint.h"
#include "engine/media_range.h"
#include "engine/plain_answer.h"
#include "engine/reference_text.h"

namespace stile {
namespace {

// Room in a gated JSON answer for everything but the address.
constexpr std::size_t kGatedJsonFrame = 210;

// The address for the body: the same as in the field if it is short enough for the body, else one
// that leads back to "/" instead of to a long path.
std::string_view BodyAddress(Exchange& exchange, const Ask& ask, std::string_view field) noexcept {
  if (field.size() <= kMaxGatedJson - kGatedJsonFrame) return field;
  Ask home = ask;
  home.return_path = "/";
  return WriteChallengeAddress(exchange, home, exchange.space.body_address);
}

void AnswerWithChallengeJson(Exchange& exchange, Ask ask) noexcept {
  const Site& site = exchange.site;
  ChargeAsk(exchange, ask);
  const Offer offer = OfferOf(exchange, ask);
  if (!IssueChallenge(exchange, ask, offer)) return AnswerUnavailable(exchange);
  const std::string_view token = exchange.space.challenge_text.view();
  SealedChallenge& sealed = exchange.space.sealed_challenge;
  if (sealed.Parse(token) != TokenShape::kWellFormed) return AnswerUnavailable(exchange);
  AnswerWithJson(exchange, 200,
                 WriteChallengeJson(token, offer.view(), site.policy(), sealed.claimed_expires_at(),
                                    site.prefix(), exchange.space.body));
}

}  // namespace

bool AnswerWithChallengePage(Exchange& exchange, std::uint16_t status, PageNotice notice, Ask ask,
                             std::uint32_t least_wait) noexcept {
  ChargeAsk(exchange, ask);
  const Offer offer = OfferOf(exchange, ask);
  if (!IssueChallenge(exchange, ask, offer)) return false;

  Page page;
  page.notice = notice;
  page.challenge = exchange.space.challenge_text.view();
  for (std::size_t i = 0; i < offer.count; ++i) {
    if (offer.alternatives[i].puzzle != Puzzle::kWait) continue;
    page.wait_alternative = static_cast<std::uint8_t>(i);
    const auto seconds = static_cast<std::uint32_t>((offer.alternatives[i].effort + 999) / 1000);
    page.wait_seconds = std::max(seconds, least_wait);
    break;
  }
  AnswerWithPage(exchange, status, page);
  return true;
}

bool AddChallengeAddress(Exchange& exchange, const Ask& ask) noexcept {
  const std::string_view address =
      WriteChallengeAddress(exchange, ask, exchange.space.challenge_address);
  if (address.empty()) return false;
  exchange.answer.Add("Stile-Challenge", address);
  return true;
}

bool AnswerGated(Exchange& exchange, const Ask& ask) noexcept {
  if (IsNavigation(exchange.request)) {
    // What a form sent is gone, and its sender has to know.
    const bool read = exchange.request.method == "GET" || exchange.request.method == "HEAD";
    const PageNotice notice = read ? PageNotice::kNone : PageNotice::kResend;
    return AnswerWithChallengePage(exchange, 403, notice, ask);
  }
  if (!AddChallengeAddress(exchange, ask)) {
    exchange.counters.issue_failures.Add();
    return false;
  }
  const std::string_view field = exchange.answer.Get("Stile-Challenge");
  const Level& level = LevelOf(exchange.site, ask.level_rank);
  const std::string_view address = BodyAddress(exchange, ask, field);
  AnswerWithJson(
      exchange, 403,
      WriteGatedJson(level.name, address, WriteReference(exchange), exchange.space.body));
  return true;
}

void AnswerChallengeEndpoint(Exchange& exchange) noexcept {
  Ask ask;
  const std::string_view context = ContextOf(exchange.request.target);
  if (context.empty() || !OpenContext(exchange, context, ask)) ask = BareAsk(exchange);
  if (!IsNavigation(exchange.request)) return AnswerWithChallengeJson(exchange, ask);
  if (!AnswerWithChallengePage(exchange, 200, PageNotice::kNone, ask)) AnswerUnavailable(exchange);
}

}  // namespace stile
