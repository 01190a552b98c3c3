#include "engine/redeem_answer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "challenge/browser/page.h"
#include "challenge/return_path.h"
#include "engine/ask.h"
#include "engine/challenge_answer.h"
#include "engine/challenge_json.h"
#include "engine/clearance_cookie.h"
#include "engine/plain_answer.h"
#include "engine/redeem_form.h"
#include "engine/request_origin.h"
#include "verifier/clearance_check.h"
#include "verifier/redeemer.h"

namespace stile {
namespace {

constexpr std::string_view kRefused = R"({"cleared":false,"error":"refused")";

// One redemption on its way to an answer.
struct Attempt {
  RedeemEncoding encoding = RedeemEncoding::kNone;
  RedeemForm form;
  Redemption redemption;
};

// Counts it, and notes it for the reference.
void CountRedeem(Exchange& exchange, Puzzle puzzle, Verdict verdict) noexcept {
  exchange.reference.verdict = static_cast<std::uint8_t>(verdict);
  const auto row = std::min<std::size_t>(static_cast<std::size_t>(puzzle), Counters::kPuzzles - 1);
  const auto cell = std::min<std::size_t>(static_cast<std::size_t>(verdict), kVerdictCount - 1);
  exchange.counters.redeems[row][cell].Add();
}

// Tells the site's effort control who redeemed, and what was paid, of a solution that is valid and
// new.
void NoteRedemption(const Exchange& exchange, const Redemption& redemption) noexcept {
  EffortControl* effort = exchange.site.effort();
  if (effort == nullptr || redemption.verdict != Verdict::kValid || redemption.repeated) return;
  effort->NoteRedemption(exchange.request.address, redemption.price_paid, exchange.now);
}

// What a refused client is asked next. An authentic challenge says what it was asked before; one
// that was met at another address counts as roaming, or a client whose address changes with every
// connection would never get through.
Ask NextAsk(const Exchange& exchange, const Redemption& redemption) noexcept {
  if (!redemption.authentic) return BareAsk(exchange);
  const Challenge& challenge = redemption.challenge;
  Ask ask;
  ask.level_rank = challenge.LevelRank();
  for (std::size_t i = 0; i < challenge.alternative_count && i < kMaxAlternatives; ++i) {
    ask.dearer = ask.dearer || (challenge.alternatives[i].budget_class & kBoughtDear) != 0;
  }
  const bool moved = redemption.verdict == Verdict::kWrongClient &&
                     !challenge.binding.MatchesAddress(exchange.request.address);
  const int roams = challenge.roams + (moved ? 1 : 0);
  ask.roams = static_cast<std::uint8_t>(std::min(roams, 255));
  ask.return_path = challenge.return_path;
  return ask;
}

// Seconds until the same solution is worth another try; 0 if it won't be.
std::uint32_t SecondsLeft(const Redemption& redemption) noexcept {
  if (redemption.verdict != Verdict::kTooEarly && redemption.verdict != Verdict::kLimited) return 0;
  const std::int64_t left = std::clamp<std::int64_t>(redemption.wait_left_ms, 1, 86'400'000);
  return static_cast<std::uint32_t>((left + 999) / 1000);
}

PageNotice NoticeOf(Verdict verdict) noexcept {
  if (verdict == Verdict::kTooEarly) return PageNotice::kTooEarly;
  if (verdict == Verdict::kLimited) return PageNotice::kLimited;
  return PageNotice::kRefused;
}

// The way of waiting that a page with the challenge of `redemption` offers, where its solution may
// be sent again in `left` seconds: that very wait, or else the one that the challenge has besides.
void OfferWait(const Redemption& redemption, UnixMillis now, std::uint32_t left,
               Page& page) noexcept {
  const Challenge& challenge = redemption.challenge;
  if (redemption.puzzle == Puzzle::kWait) {
    page.wait_alternative = static_cast<std::uint8_t>(redemption.alternative);
    page.wait_seconds = left;
    return;
  }
  for (std::size_t i = 0; i < challenge.alternative_count && i < kMaxAlternatives; ++i) {
    if (challenge.alternatives[i].puzzle != Puzzle::kWait) continue;
    const auto wait = static_cast<std::int64_t>(challenge.alternatives[i].effort);
    const std::int64_t rest = std::max<std::int64_t>(wait - (now - challenge.issued_at).count(), 0);
    page.wait_alternative = static_cast<std::uint8_t>(i);
    page.wait_seconds = std::max(static_cast<std::uint32_t>((rest + 999) / 1000), left);
    return;
  }
}

void RefuseForm(Exchange& exchange, std::uint16_t status, const Attempt& attempt) noexcept {
  const Redemption& redemption = attempt.redemption;
  const std::uint32_t left = SecondsLeft(redemption);
  const std::int64_t retry_at = exchange.now.Seconds() + left;
  if (left > 0 && retry_at < redemption.challenge.expires_at) {
    Page page;
    page.notice = NoticeOf(redemption.verdict);
    page.challenge = attempt.form.challenge;
    OfferWait(redemption, exchange.now, left, page);
    AnswerWithPage(exchange, status, page);
  } else {
    const Ask ask = NextAsk(exchange, redemption);
    const PageNotice notice = NoticeOf(redemption.verdict);
    if (!AnswerWithChallengePage(exchange, status, notice, ask, left)) {
      return AnswerUnavailable(exchange);
    }
  }
  if (left > 0) AddRetryAfter(exchange, left);
}

void Refuse(Exchange& exchange, std::uint16_t status, const Attempt& attempt) noexcept {
  if (attempt.encoding == RedeemEncoding::kForm) return RefuseForm(exchange, status, attempt);
  AnswerWithRefusal(exchange, status, kRefused);
  const std::uint32_t left = SecondsLeft(attempt.redemption);
  if (left > 0) AddRetryAfter(exchange, left);
  if (attempt.redemption.verdict == Verdict::kTooEarly) return;
  if (!AddChallengeAddress(exchange, NextAsk(exchange, attempt.redemption))) {
    AnswerUnavailable(exchange);
  }
}

// Returns false if the field doesn't fit, which no configuration makes it do.
bool AddSetCookie(Exchange& exchange, const Redemption& redemption) noexcept {
  ClearanceCookie cookie{redemption.text, redemption.clearance.expires_at, {}};
  if ((redemption.clearance.binding.parts & Binding::kAddress) != 0) {
    const ClearanceCheck& check = exchange.site.GateFor(exchange.request).check();
    cookie.other_family = check.Find(exchange.request, exchange.now).other_family;
  }
  const std::string_view value = WriteClearanceCookie(exchange.site, exchange.request, cookie,
                                                      exchange.now, exchange.space.set_cookie);
  if (value.empty()) return false;
  exchange.answer.Add("Set-Cookie", value);
  return true;
}

void Clear(Exchange& exchange, const Attempt& attempt) noexcept {
  const Redemption& redemption = attempt.redemption;
  const std::string_view sealed_path = redemption.challenge.return_path;
  const std::string_view return_path = IsReturnPath(sealed_path) ? sealed_path : "/";
  if (!AddSetCookie(exchange, redemption)) return AnswerUnavailable(exchange);
  if (attempt.encoding == RedeemEncoding::kForm) {
    Answer& answer = exchange.answer;
    answer.status = 303;
    answer.Add("Location", return_path);
    answer.Add("Cache-Control", "no-store");
    answer.Add("Referrer-Policy", "same-origin");
    answer.Add("X-Content-Type-Options", "nosniff");
    return;
  }
  const std::string_view level = exchange.site.policy().LevelName(redemption.clearance.rank);
  AnswerWithJson(
      exchange, 200,
      WriteClearedJson(level, redemption.clearance.expires_at, return_path, exchange.space.body));
}

// Judges `form`. Without a verdict there is more to check first, elsewhere.
Redemption Redeem(Exchange& exchange, const RedeemForm& form) noexcept {
  const Redeemer& redeemer = exchange.site.redeemer();
  const Client client{exchange.request.address, exchange.request.user_agent};
  SealedChallenge& scratch = exchange.space.sealed_challenge;
  if (exchange.check == nullptr) {
    return redeemer.Redeem(form.challenge, form.solution, client, exchange.now, scratch);
  }
  PuzzleCheck& check = *exchange.check;
  if (check.state() == PuzzleCheck::State::kNone) {
    return redeemer.Begin(form.challenge, form.solution, client, exchange.now, scratch, check);
  }
  return redeemer.Finish(form.challenge, form.solution, client, exchange.now, scratch, check);
}

}  // namespace

void AnswerRedeemEndpoint(Exchange& exchange, std::string_view body) noexcept {
  const Request& request = exchange.request;
  Attempt attempt;
  attempt.encoding = RedeemEncodingOf(request.content_type);
  if (attempt.encoding == RedeemEncoding::kNone) {
    CountRedeem(exchange, Puzzle::kNone, Verdict::kMalformed);
    return Refuse(exchange, 415, attempt);
  }
  if (!IsFromOwnOrigin(request)) {
    CountRedeem(exchange, Puzzle::kNone, Verdict::kWrongSite);
    return Refuse(exchange, 403, attempt);
  }
  if (!DecodeRedeemForm(attempt.encoding, body, exchange.space.form, attempt.form)) {
    CountRedeem(exchange, Puzzle::kNone, Verdict::kMalformed);
    return Refuse(exchange, 400, attempt);
  }

  Redemption& redemption = attempt.redemption;
  redemption = Redeem(exchange, attempt.form);
  if (exchange.check != nullptr && exchange.check->state() == PuzzleCheck::State::kOpen) return;
  const bool valid = redemption.verdict == Verdict::kValid;
  if (valid && redemption.clearance.expires_at <= exchange.now.Seconds()) {
    redemption.verdict = Verdict::kExpired;  // It waited longer than what it earned lasts.
  }
  CountRedeem(exchange, redemption.puzzle, redemption.verdict);
  NoteRedemption(exchange, redemption);
  if (redemption.verdict == Verdict::kValid) return Clear(exchange, attempt);
  Refuse(exchange, redemption.verdict == Verdict::kLimited ? 429 : 403, attempt);
}

}  // namespace stile
