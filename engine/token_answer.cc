#include "engine/token_answer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>

#include "challenge/ascii_text.h"
#include "challenge/response_token.h"
#include "engine/ask.h"
#include "engine/bounded_text.h"
#include "engine/challenge_answer.h"
#include "engine/json_reader.h"
#include "engine/media_range.h"
#include "engine/plain_answer.h"
#include "engine/request_origin.h"
#include "verifier/budget_check.h"
#include "verifier/clearance_check.h"

namespace stile {
namespace {

using Sale = Counters::TokenSale;

void Count(Exchange& exchange, Sale sale) noexcept {
  exchange.counters.token_sales[static_cast<std::size_t>(sale)].Add();
}

void Refuse(Exchange& exchange, Sale sale, std::uint16_t status, std::string_view head) noexcept {
  Count(exchange, sale);
  AnswerWithRefusal(exchange, status, head);
}

// What a token costs of the clearance's budget: as much as ten requests, so that a clearance that
// buys all the time is limited long before one that reads pages.
constexpr std::uint32_t kTokenCost = 10;

// True if the site's mode lets everything pass, and so sells to anyone.
bool IsOpen(const Exchange& exchange) noexcept {
  const GateMode mode = exchange.site.mode();
  return mode == GateMode::kOpen || mode == GateMode::kShadow;
}

// Charges a token to `clearance` and its addresses. Returns false, with the answer written, if one
// of the budgets is spent: the clearance's refills, and that of its addresses has a dearer
// challenge.
bool Charge(Exchange& exchange, const Clearance& clearance) noexcept {
  if (exchange.site.mode() == GateMode::kOpen) return true;
  const BudgetFinding found =
      exchange.site.GateFor(exchange.request)
          .budgets()
          .ChargeClearance(exchange.request, clearance, kTokenCost, exchange.now);
  if (found.verdict == BudgetVerdict::kWithin || IsOpen(exchange)) return true;
  exchange.reference.verdict = static_cast<std::uint8_t>(Verdict::kLimited);
  Refuse(exchange, Sale::kLimited, 429, R"({"error":"limited")");
  if (found.verdict == BudgetVerdict::kPrefixOver) {
    Ask ask = BareAsk(exchange);
    ask.dearer = true;
    ask.charged = true;
    if (!AddChallengeAddress(exchange, ask)) AnswerUnavailable(exchange);
    return false;
  }
  AddRetryAfter(exchange, (found.wait_ms + 999) / 1000);
  return false;
}

// Charges a token that is sold without a clearance, where everything passes, to the buyer's
// addresses, as much as a request: numbers are those of all sites of the process. Returns false,
// with the answer written, if that budget is spent.
bool ChargeStranger(Exchange& exchange) noexcept {
  const BudgetCheck& budgets = exchange.site.GateFor(exchange.request).budgets();
  const BudgetFinding found = budgets.ChargeStranger(exchange.request, exchange.now);
  if (found.verdict == BudgetVerdict::kWithin) return true;
  Refuse(exchange, Sale::kLimited, 429, R"({"error":"limited")");
  AddRetryAfter(exchange, (found.wait_ms + 999) / 1000);
  return false;
}

// Reads the action; empty if none is named. An empty body names none.
bool ReadAction(std::string_view body, std::span<char> scratch, std::string_view& action) noexcept {
  if (body.empty()) return true;
  const bool is_object =
      ReadJsonObject(body, scratch, [&action](std::string_view name, JsonReader& reader) {
        if (name != "action" || reader.Peek() == 'n') return reader.SkipValue();
        return reader.TakeString(action);
      });
  return is_object && IsAction(action);
}

// The host as tokens name it, in `space`; empty if it can't be one.
std::string_view TokenHostOf(std::string_view host, std::span<char> space) noexcept {
  if (host.size() > std::min(space.size(), kMaxTokenHost)) return {};
  std::transform(host.begin(), host.end(), space.begin(), AsciiLower);
  const std::string_view lower(space.data(), host.size());
  return IsTokenHost(lower) ? lower : std::string_view();
}

// Seals a token into the exchange's space. Returns false if that can't be done now.
bool Sell(Exchange& exchange, const Clearance& clearance, std::string_view action,
          SpendNumbers* numbers, std::uint32_t& expires_at) noexcept {
  const std::int64_t now = exchange.now.Seconds();
  const std::optional<std::uint8_t> key_id = exchange.site.keys().SigningKeyId(exchange.now);
  if (numbers == nullptr || !key_id.has_value() || now < 0 ||
      now > std::numeric_limits<std::uint32_t>::max() - SpendNumbers::kMaxTokenSeconds) {
    return false;
  }
  const SiteKeys& keys = exchange.site.keys();
  const HmacKey* response = keys.Find(KeyPurpose::kResponse, *key_id, now, exchange.now);
  const HmacKey* spend = keys.Find(KeyPurpose::kSpend, *key_id, now, exchange.now);
  ResponseToken token;
  std::array<char, kMaxTokenHost> host;
  token.host = TokenHostOf(exchange.request.host, host);
  // A number is taken last: none is lost to anything else.
  SpendGrant grant;
  if (response == nullptr || spend == nullptr || token.host.empty() ||
      !exchange.entropy.Fill(token.id) ||
      !numbers->Issue(exchange.now, kResponseTokenSeconds, grant)) {
    return false;
  }
  token.key_id = *key_id;
  token.rank = clearance.rank;
  token.issued_at = static_cast<std::uint32_t>(now);
  token.expires_at = grant.expires_at;
  token.site_id = keys.site_id();
  token.cleared_at = clearance.issued_at;
  token.spend = grant.id;
  token.action = action;
  expires_at = grant.expires_at;
  return SealResponseToken(token, {*response, *spend}, exchange.space.response_text);
}

}  // namespace

void AnswerTokenEndpoint(Exchange& exchange, SpendNumbers* numbers,
                         std::string_view body) noexcept {
  const Request& request = exchange.request;
  if (exchange.site.options().secrets.empty()) {
    return AnswerWithJson(exchange, 404, R"({"error":"not-found"})");
  }
  if (!EqualsIgnoringCase(MediaTypeOf(request.content_type), "application/json")) {
    return Refuse(exchange, Sale::kMalformed, 415, R"({"error":"media-type")");
  }
  if (!IsFromOwnPage(request)) {
    return Refuse(exchange, Sale::kCrossOrigin, 403, R"({"error":"cross-origin")");
  }
  std::string_view action;
  if (!ReadAction(body, exchange.space.form, action)) {
    return Refuse(exchange, Sale::kMalformed, 400, R"({"error":"malformed")");
  }
  const ClearanceFinding finding =
      exchange.site.GateFor(request).check().Find(request, exchange.now);
  exchange.reference.verdict = static_cast<std::uint8_t>(finding.verdict);
  const bool cleared = finding.verdict == Verdict::kValid;
  if (!cleared && !IsOpen(exchange)) {
    Refuse(exchange, Sale::kNotCleared, 403, R"({"error":"not-cleared")");
    if (!AddChallengeAddress(exchange, BareAsk(exchange))) AnswerUnavailable(exchange);
    return;
  }
  if (!(cleared ? Charge(exchange, finding.clearance) : ChargeStranger(exchange))) return;
  std::uint32_t expires_at = 0;
  // Without a clearance the token says so: rank 0, and no time.
  if (!Sell(exchange, cleared ? finding.clearance : Clearance{}, action, numbers, expires_at)) {
    Count(exchange, Sale::kUnavailable);
    return AnswerUnavailable(exchange);
  }
  Count(exchange, Sale::kSold);
  BoundedText text(exchange.space.body);
  text.Add("{\"token\":").AddJson(exchange.space.response_text.view());
  text.Add(",\"expires_at\":").AddNumber(expires_at).Add("}");
  AnswerWithJson(exchange, 200, text.view());
}

}  // namespace stile
