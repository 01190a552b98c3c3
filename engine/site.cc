#include "engine/site.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/set_cookie.h"

namespace stile {

namespace {

// The price from which on nothing that `policy` offers asks more.
std::uint32_t MostPriceOf(const Policy& policy) noexcept {
  std::uint64_t most = kConfiguredPrice;
  for (const Level& level : policy.levels()) {
    for (std::size_t i = 0; i < level.alternative_count; ++i) {
      const Alternative& asked = level.alternatives[i];
      if (asked.effort == 0) continue;
      const std::uint64_t cap = MostEffort(asked.puzzle, policy.effort().longest);
      most = std::max(most, (cap * kConfiguredPrice + asked.effort - 1) / asked.effort);
    }
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(most, kMostPrice));
}

std::shared_ptr<EffortControl> ControlOf(const std::shared_ptr<EffortTable>& table,
                                         std::uint32_t site_id, const Policy& policy) {
  if (table == nullptr) return nullptr;
  return std::make_shared<EffortControl>(table, site_id, policy.effort(), MostPriceOf(policy));
}

}  // namespace

tl::expected<std::unique_ptr<const Site>, Error> Site::Create(
    SiteOptions options, std::size_t index, const SiteFrame& frame, const KeyRing& keys,
    std::shared_ptr<RedeemTables> tables) {
  auto site_keys = keys.ForSite(options.name);
  if (!site_keys.has_value()) return tl::unexpected<Error>(std::move(site_keys.error()));
  auto issuer = Issuer::Create(*site_keys, options.challenge_lifetime);
  if (!issuer.has_value()) return tl::unexpected<Error>(std::move(issuer.error()));
  if (options.policy == nullptr) options.policy = Policy::Default();
  return std::unique_ptr<const Site>(new Site(std::move(options), index, frame,
                                              std::move(*site_keys), std::move(*issuer),
                                              std::move(tables)));
}

Site::Site(SiteOptions options, std::size_t index, SiteFrame frame,
           std::shared_ptr<const SiteKeys> keys, Issuer issuer,
           std::shared_ptr<RedeemTables> tables)
    : options_(std::move(options)),
      index_(index),
      frame_(std::move(frame)),
      keys_(std::move(keys)),
      issuer_(std::move(issuer)),
      renewal_(options_.renew ? Renewal(*options_.policy) : Renewal()),
      switches_(std::make_shared<GateSwitches>(options_.mode, options_.policy->rules().size())),
      effort_(ControlOf(frame_.effort, keys_->site_id(), *options_.policy)),
      redeemer_(keys_, std::move(tables), effort_, options_.policy),
      secure_gate_(MakeGate(SecureCookieName())),
      plain_gate_(MakeGate(kPlainCookie)) {}

Gate Site::MakeGate(std::string_view cookie_name) const {
  return Gate(ClearanceCheck(keys_, std::string(cookie_name), frame_.revocations), options_.policy,
              switches_, frame_.names, frame_.budgets, effort_);
}

bool Site::IsSecure(const Request& request) const noexcept {
  if (options_.secure == SecureCookie::kAuto) return request.https;
  return options_.secure == SecureCookie::kAlways;
}

std::string_view Site::SecureCookieName() const noexcept {
  return options_.cookie_domain.empty() ? kHostCookie : kDomainCookie;
}

}  // namespace stile
