#ifndef STILE_ENGINE_SITE_OPTIONS_H_
#define STILE_ENGINE_SITE_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/binding.h"
#include "challenge/error.h"
#include "challenge/key_ring.h"
#include "engine/site_secret.h"
#include "verifier/gate_mode.h"
#include "verifier/policy/policy.h"

namespace stile {

enum class SecureCookie : std::uint8_t { kAuto = 0, kAlways = 1, kNever = 2 };
enum class SameSite : std::uint8_t { kLax = 0, kNone = 1 };

// One protected set of hosts, as configured.
struct SiteOptions {
  std::string name = "main";               // 1 to 64 bytes.
  std::vector<std::string> hosts = {"*"};  // "example.org", "*.example.org" or "*"; lower case.
  std::shared_ptr<const Policy> policy;    // Null: Policy::Default().
  GateMode mode = GateMode::kEnforce;      // Until Engine::switches say otherwise.
  BindingOptions binding;
  SecureCookie secure = SecureCookie::kAuto;
  SameSite same_site = SameSite::kLax;  // kNone holds for secure cookies; others stay lax.
  std::string cookie_domain;            // Empty: __Host- cookie.
  bool renew = true;                 // Extend clearances while they are in use; engine/renewal.h.
  std::string title = "One moment";  // At most 256 bytes.
  std::string contact;               // "mailto:..." or "https://..."; may be empty.
  std::string privacy;               // IsPageLink; may be empty, as the next two.
  std::string logo;                  // IsPagePath: the page loads from its own host alone.
  std::string stylesheet;            // IsPagePath.
  std::chrono::seconds challenge_lifetime{600};
  std::shared_ptr<const KeyRing> keys;  // Its own; null: those handed to Engine::Create.
  // What its backend may ask about response tokens with; empty: none are sold.
  std::vector<SiteSecret> secrets;
  bool keys_degraded = false;  // As in EngineOptions, for this site.
};

// Adds to `errors` what is wrong with `options` by itself: a name, host, cookie domain, title,
// contact, privacy link, logo or stylesheet that isn't one, hosts outside the cookie domain,
// same_site none with secure never (kInvalidArgument each); binding lengths or the lifetime outside
// their limits, a level of the policy that waits as long as a challenge lives, more than 8 secrets
// (kOutOfRange each).
void CheckSiteOptions(const SiteOptions& options, Errors& errors);

// True for "/a", "/.stile" and "/a/b-c_d": 2 to 64 bytes of letters, digits, '.', '-' and '_' in
// segments that are neither empty nor only dots.
[[nodiscard]] bool IsPublicPrefix(std::string_view prefix) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_SITE_OPTIONS_H_
