#include "verifier/policy/compiled_policy.h"
#include "verifier/policy/policy.h"

namespace stile {
namespace {

constexpr std::uint16_t kNoRule = 65535;

PolicyMatch MatchOf(const Outcome& outcome, std::uint16_t rule, std::uint16_t shadow) noexcept {
  PolicyMatch match;
  match.action = outcome.action;
  match.rank = outcome.rank;
  match.level_rank = outcome.level_rank;
  match.rule = rule;
  match.shadow_rule = shadow;
  match.on_fault = outcome.on_fault;
  return match;
}

bool IsExemptPath(const Request& request, RequestFacts& facts) noexcept {
  const std::string_view method = request.method;
  if (method != "GET" && method != "HEAD" && method != "OPTIONS") return false;
  const std::string_view sent = PathOf(request.target);
  if (sent == "/robots.txt" || sent == "/favicon.ico") return true;
  return sent.starts_with("/.well-known/") && facts.path().normal;
}

}  // namespace

Exemption ExemptionOf(const Request& request, RequestFacts& facts) noexcept {
  if (request.method == "OPTIONS" && !request.origin.empty() &&
      !request.access_control_request_method.empty()) {
    return Exemption::kPreflight;
  }
  return IsExemptPath(request, facts) ? Exemption::kWellKnownPath : Exemption::kNone;
}

PolicyMatch Policy::Match(const Request& request, const ClientFacts& client) const noexcept {
  static_cast<void>(client);
  std::uint16_t shadow = kNoRule;
  // Nothing that can't be read to its end gets past, whatever the rules say.
  if (PathOf(request.target).size() > kMaxPath) return {};

  RequestFacts facts(request, compiled_->methods);
  const bool exempt = ExemptionOf(request, facts) != Exemption::kNone;
  for (const Compiled::Entry& entry : compiled_->entries) {
    if (exempt && !entry.shadow && entry.outcome.action == Action::kChallenge) continue;
    if (!entry.rule.Matches(facts)) continue;
    if (!entry.shadow) return MatchOf(entry.outcome, entry.index, shadow);
    if (shadow == kNoRule) shadow = entry.index;
  }
  if (!exempt) return MatchOf(compiled_->fallback, kNoRule, shadow);
  PolicyMatch match;
  match.shadow_rule = shadow;
  match.action = Action::kAllow;
  match.exempt = true;
  return match;
}

}  // namespace stile
