#ifndef STILE_TESTS_ENGINE_DOOR_H_
#define STILE_TESTS_ENGINE_DOOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "challenge/clearance.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "engine/engine.h"
#include "engine/engine_slot.h"
#include "engine/worker.h"
#include "verifier/policy/policy.h"
#include "verifier/redeemer.h"
#include "verifier/request.h"

// What the engine's tests share: a site, a visitor, and a door that they talk through.
namespace stile::fixture {

// Noon of 2026-03-01, UTC.
inline constexpr std::uint32_t kNowSeconds = 1'772'366'400;
inline constexpr UnixMillis kNow = UnixMillis::FromSeconds(kNowSeconds);
inline constexpr std::string_view kBrowser =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
inline constexpr std::string_view kHtml = "text/html,application/xhtml+xml,*/*;q=0.8";

[[nodiscard]] IpAddress Address(std::string_view text);

// One master, valid for two days from kNow.
[[nodiscard]] const KeyRing& Keys();

// Cheap levels under the usual names and ranks; the rules are those of door.cc, by path: /free/*
// allows, /private/* denies, /strict/* asks `standard`, /open/* and /closed/* ask `light` with that
// on_fault, /shadow/* would be denied by a shadow rule. Everything else asks `light`.
[[nodiscard]] PolicySource Source();
[[nodiscard]] std::shared_ptr<const Policy> PolicyOf(PolicySource source);
inline constexpr std::uint16_t kFreeRule = 0;
inline constexpr std::uint16_t kPrivateRule = 1;
inline constexpr std::uint16_t kShadowRule = 5;

[[nodiscard]] SiteOptions Site();
[[nodiscard]] EngineOptions OneSite(SiteOptions site = Site());
[[nodiscard]] std::shared_ptr<RedeemTables> Tables();
[[nodiscard]] std::unique_ptr<const Engine> MakeEngine(EngineOptions options = OneSite());
// The first error's place and message; empty if there is none.
[[nodiscard]] std::string CreateError(EngineOptions options);

// Requests of a browser at 192.0.2.7 over https to example.org.
[[nodiscard]] Request Navigate(std::string_view target);
[[nodiscard]] Request Fetch(std::string_view target);  // Accept: */*.
[[nodiscard]] Request RedeemWith(std::string_view content_type);
inline constexpr std::string_view kForm = "application/x-www-form-urlencoded";
inline constexpr std::string_view kJson = "application/json";

// One answer, copied out of the worker.
struct Reply {
  Decision decision;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  [[nodiscard]] std::string Get(std::string_view name) const;  // Empty if there is none.
  [[nodiscard]] std::size_t Count(std::string_view name) const;
};

// An engine, its slot and one worker.
class Door {
 public:
  explicit Door(EngineOptions options = OneSite());

  Decision Decide(const Request& request);
  Reply Ask(const Request& request, std::string_view body = {});

  // Redeems as the page's form or as a program does.
  Reply RedeemForm(std::string_view challenge, std::string_view solution);
  Reply RedeemJson(std::string_view challenge, std::string_view solution);

  // The challenge of <prefix>/challenge as JSON, for `who` at his address.
  [[nodiscard]] std::string FreshChallenge(std::string_view target = "/.stile/challenge");

  [[nodiscard]] const Counters& counters() const { return worker_->counters(); }
  [[nodiscard]] EngineSlot& slot() { return slot_; }
  [[nodiscard]] Worker& worker() { return *worker_; }
  [[nodiscard]] const Engine& engine() { return slot_.Enter(*worker_); }

  UnixMillis now = kNow;
  // The address and the Cookie field of FreshChallenge and Redeem*.
  std::string address = "192.0.2.7";
  std::string cookie;
  bool https = true;
  std::string host = "example.org";

 private:
  [[nodiscard]] Request Dressed(Request request) const;

  EngineSlot slot_;
  std::unique_ptr<Worker> worker_;
};

// The value of "challenge" in JSON or in a page's form; fails the test if there is none.
[[nodiscard]] std::string ChallengeIn(std::string_view body);

// The text of "reference" in JSON, or of the <code> in a page that holds one; empty if there is
// none.
[[nodiscard]] std::string ReferenceIn(std::string_view body);
// JSON without its "reference", which must be there.
[[nodiscard]] std::string WithoutReference(std::string body);

[[nodiscard]] std::string Solve(std::string_view challenge, std::size_t index = 0);
[[nodiscard]] std::string WaitSolution(std::size_t index = 1);

// A clearance of rank 2 that the browser at 192.0.2.7 earned ten minutes ago, good for an hour.
[[nodiscard]] Clearance Earned();
[[nodiscard]] std::string Seal(const Clearance& clearance, std::string_view site = "main");

// "name=value" of a Set-Cookie field.
[[nodiscard]] std::string CookieOf(const Reply& reply);
[[nodiscard]] std::string CookieOf(std::string_view set_cookie);
[[nodiscard]] Clearance ClearanceOf(std::string_view token);

}  // namespace stile::fixture

#endif  // STILE_TESTS_ENGINE_DOOR_H_
