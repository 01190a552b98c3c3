#include "engine/engine.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "challenge/hmac_key.h"
#include "engine/admission/cohort.h"
#include "engine/ask.h"
#include "engine/challenge_answer.h"
#include "engine/clearance_cookie.h"
#include "engine/cookie_field.h"
#include "engine/endpoint.h"
#include "engine/exchange.h"
#include "engine/hop.h"
#include "engine/media_range.h"
#include "engine/plain_answer.h"
#include "engine/redeem_answer.h"
#include "engine/reference_text.h"
#include "engine/set_cookie.h"
#include "engine/site.h"
#include "engine/siteverify_answer.h"
#include "engine/siteverify_form.h"
#include "engine/token_answer.h"
#include "verifier/claimed_id.h"

namespace stile {
namespace {

OnFault OnFaultOf(const Policy& policy, std::uint16_t rule) noexcept {
  return rule < policy.rules().size() ? policy.rules()[rule].on_fault : OnFault::kStale;
}

std::size_t RuleCell(std::uint16_t rule) noexcept {
  return std::min<std::size_t>(rule, Counters::kLaterRules);
}

// The cell of what decided.
std::size_t CellOf(const Decision& decision, const Policy& policy) noexcept {
  if (decision.rule < policy.rules().size()) return RuleCell(decision.rule);
  if (decision.threshold < policy.thresholds().size()) return Counters::kThreshold;
  return decision.exempt ? Counters::kExempt : Counters::kDefault;
}

// Where keys are degraded, what the rule says instead of a challenge.
void HeedFault(const Site& site, Decision& decision) noexcept {
  if (!site.options().keys_degraded || decision.action != Action::kChallenge) return;
  const OnFault on_fault = OnFaultOf(site.policy(), decision.rule);
  if (on_fault != OnFault::kOpen && on_fault != OnFault::kClosed) return;
  decision.action = on_fault == OnFault::kOpen ? Action::kAllow : Action::kDeny;
  decision.verdict = decision.finding.verdict;  // Whatever a budget says, no price is asked.
}

// Counts what came of a request to the site with this cell. Returns whether the policy was asked.
inline bool CountOutcome(std::size_t cell, const Decision& decision, Counters& counters) noexcept {
  const auto action =
      std::min<std::size_t>(static_cast<std::size_t>(decision.action), kActionCount - 1);
  const auto verdict =
      std::min<std::size_t>(static_cast<std::size_t>(decision.verdict), kVerdictCount - 1);
  counters.decisions[cell][action][verdict].Add();
  return decision.action != Action::kServe && decision.mode != GateMode::kOpen;
}

void CountDecision(const Site& site, const Decision& decision, Counters& counters) noexcept {
  const std::size_t cell = std::min(site.index(), Counters::kSites - 1);
  if (!CountOutcome(cell, decision, counters)) return;
  counters.rule_matches[cell][CellOf(decision, site.policy())].Add();
  if (decision.shadow_rule < site.policy().rules().size()) {
    counters.rule_matches[cell][RuleCell(decision.shadow_rule)].Add();
  }
  if (decision.killed_rule < site.policy().rules().size()) {
    counters.rule_kills[cell][RuleCell(decision.killed_rule)].Add();
  }
}

// The same for an engine on trial, whose sites and rules are not those that the numbers go by.
[[gnu::noinline]] void CountOnTrial(const Cohort& cohort, const Site& site,
                                    const Decision& decision, Counters& counters) noexcept {
  const std::size_t cell = cohort.CellOf(site.index());
  if (!CountOutcome(cell, decision, counters)) return;
  counters.rule_matches[cell][Counters::kTrial].Add();
}

Counters::Spend SpendCellOf(const SpendAnswer& answer) noexcept {
  switch (answer.result) {
    case SpendResult::kFresh:
      return answer.repeated ? Counters::Spend::kRepeated : Counters::Spend::kFresh;
    case SpendResult::kSpent:
      return Counters::Spend::kSpent;
    case SpendResult::kUnknown:
      break;
  }
  return answer.passing ? Counters::Spend::kUnavailable : Counters::Spend::kUnknown;
}

bool IsRead(const Request& request) noexcept {
  return request.method == "GET" || request.method == "HEAD";
}

// Somebody opened the redeem endpoint's address, most likely by reloading a page that it answered
// with: a page that leads on is the useful body of this 405.
void AnswerRedeemOpened(Exchange& exchange) noexcept {
  if (IsNavigation(exchange.request) && IsRead(exchange.request)) {
    if (AnswerWithChallengePage(exchange, 405, PageNotice::kNone, BareAsk(exchange))) {
      exchange.answer.Add("Allow", "POST");
      return;
    }
  }
  AnswerMethodNotAllowed(exchange, "POST");
}

Error Mistake(std::string place, std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(place), std::move(message)};
}

// What only all sites together can get wrong. Fills `index`.
void CheckTogether(const EngineOptions& options, SiteIndex& index, Errors& errors) {
  if (options.sites.empty()) errors.push_back(Mistake("", "Configure at least one site."));
  if (!IsPublicPrefix(options.public_prefix)) {
    errors.push_back(Mistake("public_prefix",
                             "Write a path such as \"/.stile\": it begins with "
                             "'/' and doesn't end with one."));
  }
  for (std::size_t i = 0; i < options.sites.size(); ++i) {
    const SiteOptions& site = options.sites[i];
    const auto same_name = [&site](const SiteOptions& other) { return other.name == site.name; };
    const auto end = options.sites.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(options.sites.begin(), end, same_name)) {
      errors.push_back(Mistake("site \"" + site.name + "\"", "Give each site its own name."));
    }
    for (const SiteSecret& secret : site.secrets) {
      const auto has_it = [&secret](const SiteOptions& other) {
        return std::any_of(other.secrets.begin(), other.secrets.end(),
                           [&secret](const SiteSecret& theirs) { return theirs.Is(secret); });
      };
      if (!std::any_of(options.sites.begin(), end, has_it)) continue;
      errors.push_back(Mistake("site \"" + site.name + "\": siteverify",
                               "A secret is that of another site: make each site its own."));
    }
    for (const std::string& host : site.hosts) {
      if (!IsHostPattern(host) || index.Add(host, i)) continue;
      errors.push_back(Mistake("site \"" + site.name + "\": hosts",
                               "\"" + host + "\" is named twice: keep it in one place."));
    }
  }
  if (!options.sites.empty() && !index.default_site().has_value()) {
    errors.push_back(Mistake("",
                             "Give one site the host \"*\": it answers for hosts that no site "
                             "names."));
  }
}

void AddNeeds(const PolicyNeeds& more, PolicyNeeds& needs) noexcept {
  needs.fields = needs.fields || more.fields;
  needs.country = needs.country || more.country;
  needs.asn = needs.asn || more.asn;
  needs.tls_fingerprint = needs.tls_fingerprint || more.tls_fingerprint;
  needs.reverse_names = needs.reverse_names || more.reverse_names;
}

}  // namespace

tl::expected<std::unique_ptr<const Engine>, Errors> Engine::Create(
    EngineOptions options, const KeyRing& keys, std::shared_ptr<RedeemTables> tables) {
  Errors errors;
  SiteIndex index;
  CheckTogether(options, index, errors);
  for (const SiteOptions& site : options.sites) CheckSiteOptions(site, errors);
  if (tables == nullptr) errors.push_back(Mistake("tables", "Pass redeem tables."));
  if (!errors.empty()) return tl::unexpected<Errors>(std::move(errors));

  std::unique_ptr<Engine> engine(new Engine(options));
  engine->index_ = std::move(index);
  const SiteFrame frame{options.public_prefix, options.node, options.names, options.revocations,
                        options.budgets};
  for (std::size_t i = 0; i < options.sites.size(); ++i) {
    SiteOptions& own = options.sites[i];
    own.keys_degraded = own.keys_degraded || options.keys_degraded;
    const std::shared_ptr<const KeyRing> own_keys = own.keys;
    auto site =
        Site::Create(std::move(own), i, frame, own_keys == nullptr ? keys : *own_keys, tables);
    if (site.has_value()) {
      engine->renewal_reach_ = std::max(engine->renewal_reach_, (*site)->renewal().reach());
      AddNeeds((*site)->policy().needs(), engine->needs_);
      engine->sites_.push_back(std::move(*site));
    } else {
      errors.push_back(std::move(site.error()));
    }
  }
  if (!errors.empty()) return tl::unexpected<Errors>(std::move(errors));
  return std::unique_ptr<const Engine>(std::move(engine));
}

Engine::Engine(EngineOptions options)
    : prefix_(std::move(options.public_prefix)), spends_(std::move(options.spends)) {}

Engine::~Engine() = default;

const Site& Engine::SiteAt(std::size_t site) const noexcept {
  return *sites_[std::min(site, sites_.size() - 1)];
}

std::size_t Engine::SiteOf(const Request& request) const noexcept {
  if (request.site < sites_.size()) return request.site;
  return index_.Find(request.host);
}

const SiteOptions& Engine::site_options(std::size_t site) const noexcept {
  return SiteAt(site).options();
}

const Policy& Engine::policy(std::size_t site) const noexcept { return SiteAt(site).policy(); }

GateSwitches& Engine::switches(std::size_t site) const noexcept { return SiteAt(site).switches(); }

FallbackSwitch& Engine::fallbacks(std::size_t site) const noexcept {
  return SiteAt(site).fallbacks();
}

inline void Engine::Count(const Site& site, const Decision& decision,
                          Worker& worker) const noexcept {
  if (Cohort* cohort = cohort_.load(std::memory_order_acquire); cohort != nullptr) [[unlikely]] {
    cohort->Note(decision, worker.client_);
    if (cohort->is_trial()) return CountOnTrial(*cohort, site, decision, worker.counters_);
  }
  CountDecision(site, decision, worker.counters_);
}

Decision Engine::Decide(const Request& request, UnixMillis now, Worker& worker) const noexcept {
  const Site& site = SiteAt(SiteOf(request));
  Counters& counters = worker.counters_;
  if (!request.address.has_value()) counters.client_address_unknown.Add();

  Decision decision;
  if (EndpointOf(request.target, prefix_) != Endpoint::kNone) {
    decision.action = Action::kServe;
    Count(site, decision, worker);
    return decision;
  }
  decision = site.GateFor(request).Decide(request, now);
  HeedFault(site, decision);
  Count(site, decision, worker);
  Sample(site, request, decision, worker);
  return decision;
}

inline void Engine::Sample(const Site& site, const Request& request, const Decision& decision,
                           Worker& worker) const noexcept {
  if (!worker.samples_.IsDue(decision)) return;
  const std::uint32_t pinned = request.site < sites_.size() ? site.keys().site_id() : 0;
  worker.samples_.Take(request, decision, pinned);
}

Decision Engine::Foresee(const Request& request, const Standing& standing,
                         UnixMillis now) const noexcept {
  const Site& site = SiteAt(SiteOf(request));
  Decision decision;
  if (EndpointOf(request.target, prefix_) != Endpoint::kNone) {
    decision.action = Action::kServe;
    return decision;
  }
  decision = site.GateFor(request).Foresee(request, standing.rank, standing.puzzle,
                                           standing.effort_log2, site.options().mode, now);
  HeedFault(site, decision);
  return decision;
}

bool Engine::FindClaimedId(const Request& request, TokenId& id) const noexcept {
  const Site& site = SiteAt(SiteOf(request));
  // Where a proxy asks, what it describes may be secure though the question isn't, and vice versa.
  return stile::FindClaimedId(request, site.GateFor(request).check().cookie_name(), id) ||
         stile::FindClaimedId(request, site.OtherGate(request).check().cookie_name(), id);
}

bool Engine::Honours(const Engine& other, const Request& request, const Standing& standing,
                     UnixMillis now) const noexcept {
  const Site& ours = SiteAt(SiteOf(request));
  const Site& theirs = other.SiteAt(other.SiteOf(request));
  if (ours.GateFor(request).check().cookie_name() !=
      theirs.GateFor(request).check().cookie_name()) {
    return false;
  }
  // Keys are equal if they sign alike.
  constexpr std::array<std::uint8_t, 1> kMessage = {0};
  const auto tag = [&](const Site& site) -> std::optional<Tag> {
    const HmacKey* key =
        site.keys().Find(KeyPurpose::kClearance, standing.key_id, standing.issued_at, now);
    if (key == nullptr) return std::nullopt;
    return key->ComputeTag(kMessage);
  };
  const std::optional<Tag> a = tag(ours);
  const std::optional<Tag> b = tag(theirs);
  return a && b && EqualInConstantTime(*a, *b);
}

std::uint16_t Engine::SiteOfId(std::uint32_t site_id) const noexcept {
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    if (sites_[i]->keys().site_id() == site_id) return static_cast<std::uint16_t>(i);
  }
  return Request::kSiteByHost;
}

void Engine::DecideAll(std::span<const Request> requests, UnixMillis now, Worker& worker,
                       std::span<Decision> decisions) const noexcept {
  Counters& counters = worker.counters_;
  ClearanceBatch batch;
  std::array<const Site*, ClearanceBatch::kSize> sites{};
  const std::size_t all = std::min(requests.size(), decisions.size());
  for (std::size_t begin = 0; begin < all; begin += sites.size()) {
    const std::size_t end = std::min(begin + sites.size(), all);
    for (std::size_t i = begin; i < end; ++i) {
      const Request& request = requests[i];
      Decision& decision = decisions[i] = Decision{};
      const Site& site = SiteAt(SiteOf(request));
      sites[i - begin] = &site;
      if (!request.address.has_value()) counters.client_address_unknown.Add();
      if (EndpointOf(request.target, prefix_) != Endpoint::kNone) {
        decision.action = Action::kServe;
      } else {
        site.GateFor(request).Look(request, now, batch, decision);
      }
    }
    batch.Settle();
    for (std::size_t i = begin; i < end; ++i) {
      const Site& site = *sites[i - begin];
      if (decisions[i].action != Action::kServe) {
        site.GateFor(requests[i]).Judge(requests[i], now, decisions[i]);
        HeedFault(site, decisions[i]);
      }
      Count(site, decisions[i], worker);
      Sample(site, requests[i], decisions[i], worker);
    }
  }
}

std::string_view Engine::Renew(const Request& request, const Decision& decision, UnixMillis now,
                               Worker& worker) const noexcept {
  if (!MayRenew(decision, now)) return {};
  const Site& site = SiteAt(SiteOf(request));
  if (site.options().keys_degraded || !IsPassOfClearance(request, decision)) return {};
  const std::string_view value =
      WriteRenewedCookie(site, request, decision.finding, now, worker.space_.set_cookie);
  if (!value.empty()) worker.counters_.clearances_renewed.Add();
  return value;
}

bool Engine::DeniesByFault(const Site& site, const Decision& decision) noexcept {
  const std::vector<Rule>& rules = site.policy().rules();
  return site.options().keys_degraded && decision.action == Action::kDeny &&
         decision.rule < rules.size() && rules[decision.rule].action == Action::kChallenge;
}

void Engine::Respond(const Request& request, const Decision& decision, std::string_view body,
                     UnixMillis now, Worker& worker, Answer& answer) const noexcept {
  answer = Answer{};
  Exchange exchange{SiteAt(SiteOf(request)), request,       now,    worker.entropy_,
                    worker.counters_,        worker.space_, answer, worker.fallbacks_};
  Respond(exchange, decision, body);
}

void Engine::Respond(const Request& request, const Decision& decision, std::string_view body,
                     UnixMillis now, Worker& worker, Answer& answer,
                     PuzzleCheck& check) const noexcept {
  answer = Answer{};
  Exchange exchange{SiteAt(SiteOf(request)),
                    request,
                    now,
                    worker.entropy_,
                    worker.counters_,
                    worker.space_,
                    answer,
                    worker.fallbacks_,
                    &check};
  Respond(exchange, decision, body);
}

void Engine::Respond(Exchange& exchange, const Decision& decision,
                     std::string_view body) const noexcept {
  NoteDecision(exchange, decision);
  switch (decision.action) {
    case Action::kAllow:
      return;
    case Action::kServe:
      return Serve(exchange, body);
    case Action::kChallenge:
    case Action::kDeny:
    case Action::kNone:
      break;
  }
  Refuse(exchange, decision, ReturnPathOf(exchange.request));
}

void Engine::Refuse(Exchange& exchange, const Decision& decision,
                    std::string_view return_path) const noexcept {
  if (decision.action == Action::kChallenge) {
    Ask ask{decision.level_rank, decision.roams, return_path};
    ask.dearer = decision.verdict == Verdict::kLimited;
    ask.charged = true;
    if (!AnswerGated(exchange, ask)) FallBack(exchange, decision);
    return;
  }
  if (decision.retry_after > 0) {
    AnswerWithNotice(exchange, 429, PageNotice::kSpent, R"({"error":"limited")");
    return AddRetryAfter(exchange, decision.retry_after);
  }
  if (DeniesByFault(exchange.site, decision)) return AnswerUnavailable(exchange);
  AnswerWithNotice(exchange, 403, PageNotice::kDenied, R"({"error":"denied")");
}

std::string_view Engine::SealHop(const Request& request, const Decision& decision, UnixMillis now,
                                 Worker& worker) const noexcept {
  const Site& site = SiteAt(SiteOf(request));
  return WriteHop(site, request, decision, now, worker.space_.context_text);
}

void Engine::RespondToHop(const Request& request, std::string_view context, UnixMillis now,
                          Worker& worker, Answer& answer) const noexcept {
  answer = Answer{};
  Exchange exchange{SiteAt(SiteOf(request)), request,       now,    worker.entropy_,
                    worker.counters_,        worker.space_, answer, worker.fallbacks_};
  const Hop hop = ReadHop(exchange, context);
  NoteDecision(exchange, hop.decision);
  Refuse(exchange, hop.decision, hop.return_path);
  if (answer.status == 0) AnswerUnavailable(exchange);
}

bool Engine::PassesOnFault(const Request& request, const Decision& decision,
                           UnixMillis now) const noexcept {
  const Site& site = SiteAt(SiteOf(request));
  return decision.action == Action::kChallenge && !site.keys().SigningKeyId(now).has_value() &&
         OnFaultOf(site.policy(), decision.rule) == OnFault::kOpen;
}

bool Engine::SignsAt(UnixMillis now) const noexcept {
  return std::all_of(sites_.begin(), sites_.end(), [now](const auto& site) {
    return site->keys().SigningKeyId(now).has_value();
  });
}

void Engine::FallBack(Exchange& exchange, const Decision& decision) const noexcept {
  if (OnFaultOf(exchange.site.policy(), decision.rule) == OnFault::kOpen) {
    exchange.answer = Answer{};
    return;
  }
  AnswerUnavailable(exchange);
}

void Engine::Serve(Exchange& exchange, std::string_view body) const noexcept {
  const bool read = IsRead(exchange.request);
  switch (EndpointOf(exchange.request.target, prefix_)) {
    case Endpoint::kChallenge:
      return read ? AnswerChallengeEndpoint(exchange)
                  : AnswerMethodNotAllowed(exchange, "GET, HEAD");
    case Endpoint::kRedeem:
      if (exchange.request.method != "POST") return AnswerRedeemOpened(exchange);
      if (body.size() > kMaxBody) {
        return AnswerWithJson(exchange, 413, R"({"error":"too-large"})");
      }
      return AnswerRedeemEndpoint(exchange, body);
    case Endpoint::kToken:
      if (exchange.request.method != "POST") return AnswerMethodNotAllowed(exchange, "POST");
      if (body.size() > kMaxBody) {
        return AnswerWithJson(exchange, 413, R"({"error":"too-large"})");
      }
      return AnswerTokenEndpoint(exchange, spends_.get(), body);
    case Endpoint::kAsset:
      return read ? AnswerWithAsset(exchange) : AnswerMethodNotAllowed(exchange, "GET, HEAD");
    case Endpoint::kNone:
    case Endpoint::kUnknown:
      break;
  }
  AnswerWithJson(exchange, 404, R"({"error":"not-found"})");
}

bool Engine::IsOwn(const Request& request) const noexcept {
  return EndpointOf(request.target, prefix_) != Endpoint::kNone;
}

bool Engine::WantsBody(const Request& request) const noexcept {
  if (request.method != "POST") return false;
  const Endpoint endpoint = EndpointOf(request.target, prefix_);
  return endpoint == Endpoint::kRedeem || endpoint == Endpoint::kToken;
}

SiteverifyQuestion Engine::ReadSiteverify(std::string_view content_type, std::string_view body,
                                          std::uint16_t site, UnixMillis now,
                                          Worker& worker) const noexcept {
  SiteverifyQuestion question;
  SiteverifyForm form;
  if (body.size() > kMaxBody ||
      !DecodeSiteverifyForm(content_type, body, worker.space_.form, form)) {
    question.error = SiteverifyError::kBadRequest;
    return question;
  }
  if (form.secret.empty()) {
    question.error = SiteverifyError::kMissingSecret;
    if (form.response.empty()) question.second_error = SiteverifyError::kMissingResponse;
    return question;
  }
  // All of them are compared, wherever one matches.
  const Sha256Digest hash = SiteSecret::HashOf(form.secret);
  const Site* owner = nullptr;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    const bool may_ask = site == Request::kSiteByHost || site == i;
    for (const SiteSecret& secret : sites_[i]->options().secrets) {
      if (secret.Is(hash) && may_ask) owner = sites_[i].get();
    }
  }
  if (owner == nullptr) {
    question.error = SiteverifyError::kInvalidSecret;
    return question;
  }
  return JudgeSiteverify(owner->keys(), form, now, worker.space_);
}

void Engine::AnswerSiteverify(const SiteverifyQuestion& question, const SpendAnswer& spend,
                              Worker& worker, Answer& answer) noexcept {
  SiteverifyError error = question.error;
  if (question.AsksStore()) {
    error = ErrorOf(spend);
    worker.counters_.spends[static_cast<std::size_t>(SpendCellOf(spend))].Add();
  }
  worker.counters_.siteverifies[static_cast<std::size_t>(error)].Add();
  WriteSiteverify(question, error, worker.space_, answer);
}

std::size_t Engine::StripClearance(std::string_view cookie, std::size_t site,
                                   std::span<char> out) const noexcept {
  const std::array<std::string_view, 2> names = {SiteAt(site).SecureCookieName(), kPlainCookie};
  return CopyCookiesWithout(cookie, names, out);
}

}  // namespace stile
