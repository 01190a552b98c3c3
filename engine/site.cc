#include "engine/site.h"

#include <utility>

#include "engine/set_cookie.h"

namespace stile {

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
      redeemer_(keys_, std::move(tables)),
      renewal_(options_.renew ? Renewal(*options_.policy) : Renewal()),
      switches_(std::make_shared<GateSwitches>(options_.mode, options_.policy->rules().size())),
      secure_gate_(MakeGate(SecureCookieName())),
      plain_gate_(MakeGate(kPlainCookie)) {}

Gate Site::MakeGate(std::string_view cookie_name) const {
  return Gate(ClearanceCheck(keys_, std::string(cookie_name), frame_.revocations), options_.policy,
              switches_, frame_.names, frame_.budgets);
}

bool Site::IsSecure(const Request& request) const noexcept {
  if (options_.secure == SecureCookie::kAuto) return request.https;
  return options_.secure == SecureCookie::kAlways;
}

std::string_view Site::SecureCookieName() const noexcept {
  return options_.cookie_domain.empty() ? kHostCookie : kDomainCookie;
}

}  // namespace stile
