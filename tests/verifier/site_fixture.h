#ifndef STILE_TESTS_VERIFIER_SITE_FIXTURE_H_
#define STILE_TESTS_VERIFIER_SITE_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/alternative.h"
#include "challenge/binding.h"
#include "challenge/clearance.h"
#include "challenge/hmac_key.h"
#include "challenge/ip_address.h"
#include "challenge/key_ring.h"
#include "challenge/sealed_challenge.h"
#include "challenge/unix_millis.h"
#include "verifier/policy/policy.h"
#include "verifier/redeemer.h"
#include "verifier/request.h"

// What the verifier's tests share: one site, one visitor, and the tokens between them.
namespace stile::fixture {

// Noon of 2026-03-01, UTC.
inline constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'772'366'400);
inline constexpr std::uint32_t kNowSeconds = 1'772'366'400;
inline constexpr std::string_view kUserAgent =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
inline constexpr std::string_view kOtherUserAgent = "curl/8.5.0";
inline constexpr std::string_view kCookieName = "__Host-stile";

[[nodiscard]] IpAddress Address(std::string_view text);
[[nodiscard]] Client Visitor();  // 192.0.2.7 with kUserAgent.
[[nodiscard]] Client VisitorAt(std::string_view address);

// A master whose secret is 32 times `id`.
[[nodiscard]] MasterKey Master(std::uint8_t id, UnixMillis sign_from);
[[nodiscard]] std::shared_ptr<const SiteKeys> KeysOf(std::vector<MasterKey> masters, UnixMillis now,
                                                     std::string_view site = "main");
// Master 1 of the site "main", made once.
[[nodiscard]] std::shared_ptr<const SiteKeys> Keys();

// A clearance that Visitor earned ten minutes ago and that lasts fifty more: rank 2 by sha256.
[[nodiscard]] Clearance Earned(const Client& client = Visitor());
[[nodiscard]] std::string Seal(const Clearance& clearance, const SiteKeys& keys = *Keys());
// The text of a clearance with its tag changed.
[[nodiscard]] std::string FlipTag(std::string text);

[[nodiscard]] Request Get(std::string_view target, std::span<const std::string> cookies,
                          const Client& client = Visitor());

// 64 evaluations in 4 parts, earning rank 2 for twelve hours.
[[nodiscard]] Alternative Work();
// 5 s, earning rank 1 for ten minutes.
[[nodiscard]] Alternative Wait();

// A challenge issued at `now` for `client`: index 0 is Work, index 1 is Wait.
[[nodiscard]] std::string Issue(const Client& client = Visitor(), UnixMillis now = kNow,
                                const SiteKeys& keys = *Keys(), std::uint8_t roams = 0);
[[nodiscard]] std::string IssueFor(std::span<const Alternative> alternatives, const Client& client,
                                   UnixMillis now, const SiteKeys& keys = *Keys());
// The same challenge with its bytes changed and, if `key` is not null, signed again.
[[nodiscard]] std::string Patched(std::string_view challenge, const HmacKey* key,
                                  const std::function<void(std::vector<std::uint8_t>&)>& patch);
[[nodiscard]] const HmacKey* ChallengeKey(UnixMillis issued_at = kNow);

// A solution of a sha256 alternative; each part's search begins at `first_nonce`.
[[nodiscard]] std::string Solve(std::string_view challenge, std::size_t index = 0,
                                std::uint64_t first_nonce = 0);
// A solution in which exactly the part `bad_part` is not solved.
[[nodiscard]] std::string SolveBadly(std::string_view challenge, std::size_t bad_part);
[[nodiscard]] std::string WaitSolution(std::size_t index = 1);

[[nodiscard]] std::shared_ptr<RedeemTables> Tables(const RedeemTables::Options& options = {});

}  // namespace stile::fixture

#endif  // STILE_TESTS_VERIFIER_SITE_FIXTURE_H_
