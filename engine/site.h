#ifndef STILE_ENGINE_SITE_H_
#define STILE_ENGINE_SITE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/issuer.h"
#include "challenge/key_ring.h"
#include "engine/fallback_switch.h"
#include "engine/renewal.h"
#include "engine/site_options.h"
#include "verifier/agents/reverse_names.h"
#include "verifier/budgets.h"
#include "verifier/effort/effort_control.h"
#include "verifier/effort/effort_table.h"
#include "verifier/gate.h"
#include "verifier/gate_switches.h"
#include "verifier/redeemer.h"
#include "verifier/request.h"
#include "verifier/tables/revocation_table.h"

namespace stile {

// What the sites of an engine have in common.
struct SiteFrame {
  std::string prefix;                                  // The public prefix.
  std::uint16_t node = 0;                              // Which stiled this is.
  std::shared_ptr<const ReverseNames> names;           // What reverse DNS has told; may be null.
  std::shared_ptr<const RevocationTable> revocations;  // May be null.
  std::shared_ptr<Budgets> budgets;                    // May be null.
  std::shared_ptr<EffortTable> effort;                 // May be null.
};

// One site of an engine with all that answers for it. Immutable but for its switches; shared by
// every thread.
class Site {
 public:
  // `options` passed CheckSiteOptions. Returns what KeyRing::ForSite and Issuer::Create return.
  [[nodiscard]] static tl::expected<std::unique_ptr<const Site>, Error> Create(
      SiteOptions options, std::size_t index, const SiteFrame& frame, const KeyRing& keys,
      std::shared_ptr<RedeemTables> tables);

  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] const SiteOptions& options() const noexcept { return options_; }
  // What holds now; the options have what is configured.
  [[nodiscard]] GateMode mode() const noexcept { return switches_->mode(); }
  // Of both gates. Whoever turns them is none of a request's business.
  [[nodiscard]] GateSwitches& switches() const noexcept { return *switches_; }
  // Which fallbacks the site's new challenges leave out.
  [[nodiscard]] FallbackSwitch& fallbacks() const noexcept { return fallbacks_; }
  [[nodiscard]] const Policy& policy() const noexcept { return *options_.policy; }
  [[nodiscard]] std::string_view prefix() const noexcept { return frame_.prefix; }
  [[nodiscard]] std::uint16_t node() const noexcept { return frame_.node; }
  [[nodiscard]] const SiteKeys& keys() const noexcept { return *keys_; }
  [[nodiscard]] const Issuer& issuer() const noexcept { return issuer_; }
  [[nodiscard]] const Redeemer& redeemer() const noexcept { return redeemer_; }
  // Null: nothing controls what its levels ask.
  [[nodiscard]] EffortControl* effort() const noexcept { return effort_.get(); }
  [[nodiscard]] const Renewal& renewal() const noexcept { return renewal_; }

  // Whether a cookie for `request` is a secure one; that decides its name.
  [[nodiscard]] bool IsSecure(const Request& request) const noexcept;
  // The gate that looks for the cookie which `request` would carry.
  [[nodiscard]] const Gate& GateFor(const Request& request) const noexcept {
    return IsSecure(request) ? secure_gate_ : plain_gate_;
  }
  // The one that looks for the other.
  [[nodiscard]] const Gate& OtherGate(const Request& request) const noexcept {
    return IsSecure(request) ? plain_gate_ : secure_gate_;
  }
  [[nodiscard]] std::string_view SecureCookieName() const noexcept;

 private:
  Site(SiteOptions options, std::size_t index, SiteFrame frame,
       std::shared_ptr<const SiteKeys> keys, Issuer issuer, std::shared_ptr<RedeemTables> tables);
  [[nodiscard]] Gate MakeGate(std::string_view cookie_name) const;

  SiteOptions options_;  // Its policy is never null.
  std::size_t index_;
  SiteFrame frame_;
  std::shared_ptr<const SiteKeys> keys_;
  Issuer issuer_;
  Renewal renewal_;
  std::shared_ptr<GateSwitches> switches_;
  mutable FallbackSwitch fallbacks_;
  std::shared_ptr<EffortControl> effort_;
  Redeemer redeemer_;
  Gate secure_gate_;
  Gate plain_gate_;
};

}  // namespace stile

#endif  // STILE_ENGINE_SITE_H_
