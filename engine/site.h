#ifndef STILE_ENGINE_SITE_H_
#define STILE_ENGINE_SITE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/issuer.h"
#include "challenge/key_ring.h"
#include "engine/site_options.h"
#include "verifier/gate.h"
#include "verifier/redeemer.h"
#include "verifier/request.h"

namespace stile {

// One site of an engine with all that answers for it. Immutable; shared by every thread.
class Site {
 public:
  // `options` passed CheckSiteOptions. Returns what KeyRing::ForSite and Issuer::Create return.
  [[nodiscard]] static tl::expected<std::unique_ptr<const Site>, Error> Create(
      SiteOptions options, std::size_t index, std::string prefix, const KeyRing& keys,
      std::shared_ptr<RedeemTables> tables);

  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] const SiteOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Policy& policy() const noexcept { return *options_.policy; }
  [[nodiscard]] std::string_view prefix() const noexcept { return prefix_; }
  [[nodiscard]] const SiteKeys& keys() const noexcept { return *keys_; }
  [[nodiscard]] const Issuer& issuer() const noexcept { return issuer_; }
  [[nodiscard]] const Redeemer& redeemer() const noexcept { return redeemer_; }

  // Whether a cookie for `request` is a secure one; that decides its name.
  [[nodiscard]] bool IsSecure(const Request& request) const noexcept;
  // The gate that looks for the cookie which `request` would carry.
  [[nodiscard]] const Gate& GateFor(const Request& request) const noexcept {
    return IsSecure(request) ? secure_gate_ : plain_gate_;
  }
  [[nodiscard]] std::string_view SecureCookieName() const noexcept;

 private:
  Site(SiteOptions options, std::size_t index, std::string prefix,
       std::shared_ptr<const SiteKeys> keys, Issuer issuer, std::shared_ptr<RedeemTables> tables);
  [[nodiscard]] Gate MakeGate(std::string_view cookie_name) const;

  SiteOptions options_;  // Its policy is never null.
  std::size_t index_;
  std::string prefix_;
  std::shared_ptr<const SiteKeys> keys_;
  Issuer issuer_;
  Redeemer redeemer_;
  Gate secure_gate_;
  Gate plain_gate_;
};

}  // namespace stile

#endif  // STILE_ENGINE_SITE_H_
