#include "engine/ask.h"

#include <algorithm>

#include "challenge/context.h"
#include "challenge/issuer.h"
#include "challenge/puzzle/puzzle.h"
#include "challenge/return_path.h"
#include "engine/bounded_text.h"
#include "engine/site_context.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

constexpr std::uint8_t kHighestRank = 255;

// Percent. From here on a site leaves `wait` out where it offers better.
constexpr std::uint32_t kPriceWithoutWait = 400;

std::uint64_t RaisedWait(const Alternative& wait, std::int64_t challenge_seconds,
                         std::uint64_t factor) noexcept {
  const auto challenge_ms = static_cast<std::uint64_t>(challenge_seconds) * 1000;
  const std::uint64_t clearance_ms = std::uint64_t{wait.lifetime_seconds} * 1000;
  const std::uint64_t most = std::min({challenge_ms / 2, clearance_ms / 2, kMaxWaitMillis});
  return std::max(wait.effort, std::min(wait.effort * factor, most));
}

// `offer` has the alternatives of `level`, each in its place.
void LeaveOutFallbacks(const Level& level, const FallbackSwitch& site, const FallbackSwitch& worker,
                       Offer& offer) noexcept {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < offer.count; ++i) {
    const Puzzle puzzle = offer.alternatives[i].puzzle;
    if (level.IsFallback(i) && (site.IsWithdrawn(puzzle) || worker.IsWithdrawn(puzzle))) continue;
    offer.alternatives[kept++] = offer.alternatives[i];
  }
  offer.count = kept;
}

// No price raises a wait: where everybody else pays a multiple, it would be the cheap way in.
void WithdrawWait(FallbackSwitch& fallbacks, std::uint32_t site_price) noexcept {
  const bool pressed = site_price >= kPriceWithoutWait;
  if (pressed == fallbacks.IsWithdrawn(Puzzle::kWait)) return;
  fallbacks.Set(Puzzle::kWait, FallbackSwitch::Cause::kEffort, pressed);
}

}  // namespace

const Level& LevelOf(const Site& site, std::uint8_t level_rank) noexcept {
  const bool attack = site.mode() == GateMode::kAttack;
  return *site.policy().LevelFor(attack ? kHighestRank : level_rank);
}

Ask BareAsk(const Exchange& exchange) noexcept {
  const ClearanceCheck& check = exchange.site.GateFor(exchange.request).check();
  Ask ask;
  ask.level_rank = exchange.site.policy().default_rank();
  ask.roams = check.Find(exchange.request, exchange.now).roams;
  return ask;
}

void ChargeAsk(const Exchange& exchange, Ask& ask) noexcept {
  if (ask.charged) return;
  ask.charged = true;
  const BudgetCheck& budgets = exchange.site.GateFor(exchange.request).budgets();
  if (!budgets.ChargeChallenge(exchange.request, 1, exchange.now) ||
      budgets.IsClearedPrefixSpent(exchange.request, exchange.now)) {
    ask.dearer = true;
  }
}

std::string_view ReturnPathOf(const Request& request) noexcept {
  const bool repeatable = request.method == "GET" || request.method == "HEAD";
  return repeatable && IsReturnPath(request.target) ? request.target : std::string_view("/");
}

Offer OfferOf(const Level& level, std::uint8_t roams, std::int64_t challenge_seconds,
              std::uint32_t dear_price, const EffortPrice& price) noexcept {
  Offer offer;
  offer.count = std::min<std::size_t>(level.alternative_count, kMaxAlternatives);
  std::copy_n(level.alternatives.begin(), offer.count, offer.alternatives.begin());
  offer.unbound = roams >= kRoamsUntilUnbound;
  const std::uint64_t factor = FactorOf(roams, dear_price);
  for (Alternative& alternative : std::span(offer.alternatives.data(), offer.count)) {
    alternative.effort =
        alternative.puzzle == Puzzle::kWait
            ? RaisedWait(alternative, challenge_seconds, factor)
            : EffortAt(alternative.puzzle, std::min(alternative.effort * factor, kMaxEffort),
                       price.percent, price.longest);
    if (dear_price != 0) alternative.budget_class |= kBoughtDear;
  }
  return offer;
}

Offer OfferOf(const Exchange& exchange, const Ask& ask) noexcept {
  const Site& site = exchange.site;
  EffortPrice price;
  if (EffortControl* effort = site.effort(); effort != nullptr) {
    price.percent = effort->PriceFor(exchange.request.address, exchange.now);
    price.longest = effort->options().longest;
    WithdrawWait(site.fallbacks(), effort->SitePrice(exchange.now));
  }
  const Level& level = LevelOf(site, ask.level_rank);
  Offer offer = OfferOf(level, ask.roams, site.issuer().lifetime().count(),
                        ask.dearer ? site.policy().budgets().price : 0, price);
  LeaveOutFallbacks(level, site.fallbacks(), exchange.fallbacks, offer);
  return offer;
}

bool IssueChallenge(Exchange& exchange, const Ask& ask, const Offer& offer) noexcept {
  BindingOptions binding = exchange.site.options().binding;
  if (offer.unbound) binding.ipv4_prefix = binding.ipv6_prefix = 0;
  const Client client{exchange.request.address, exchange.request.user_agent};
  Issuer::Order order;
  order.binding = Binding::Of(client, binding);
  order.alternatives = offer.view();
  order.return_path = ask.return_path;
  order.roams = ask.roams;
  const IssueFailure failure = exchange.site.issuer().Issue(order, exchange.now, exchange.entropy,
                                                            exchange.space.challenge_text);
  const bool issued = failure == IssueFailure::kNone;
  (issued ? exchange.counters.challenges_issued : exchange.counters.issue_failures).Add();
  return issued;
}

std::string_view WriteChallengeAddress(Exchange& exchange, const Ask& ask,
                                       std::span<char> out) noexcept {
  Context context;
  context.rank = ask.level_rank;
  context.action = static_cast<std::uint8_t>(Action::kChallenge);
  // A context that says kLimited is one of a dearer challenge; a redemption's verdict isn't meant.
  constexpr auto kLimited = static_cast<std::uint8_t>(Verdict::kLimited);
  context.verdict = exchange.reference.verdict;
  if (context.verdict == kLimited) context.verdict = static_cast<std::uint8_t>(Verdict::kNone);
  if (ask.dearer) context.verdict = kLimited;
  context.rule = exchange.reference.rule;
  context.roams = ask.roams;
  context.return_path = ask.return_path;
  ContextText& sealed = exchange.space.context_text;
  if (!SealSiteContext(exchange.site, exchange.now, Context::kMaxSeconds, context, sealed)) {
    return {};
  }
  BoundedText text(out);
  text.Add(exchange.site.prefix()).Add("/challenge?c=").Add(sealed.view());
  return text.complete() ? text.view() : std::string_view{};
}

bool OpenContext(Exchange& exchange, std::string_view text, Ask& out) noexcept {
  Context context;
  SealedContext& sealed = exchange.space.sealed_context;
  if (!OpenSiteContext(exchange.site, exchange.now, text, sealed, context)) return false;
  if (context.action != static_cast<std::uint8_t>(Action::kChallenge)) return false;
  exchange.reference.action = context.action;
  exchange.reference.verdict = context.verdict;
  exchange.reference.rule = context.rule;
  out.level_rank = context.rank;
  out.roams = context.roams;
  out.return_path = context.return_path;
  out.dearer = context.verdict == static_cast<std::uint8_t>(Verdict::kLimited);
  return true;
}

}  // namespace stile
