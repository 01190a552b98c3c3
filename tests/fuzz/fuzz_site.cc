#include "tests/fuzz/fuzz_site.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "challenge/issuer.h"
#include "challenge/response_token.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::string_view kBrowser = "Mozilla/5.0 (X11; Linux x86_64) Fuzz/1.0";

Clearance SomeClearance(const FuzzSite& site, const Client& client, std::uint8_t rank,
                        std::uint8_t number) {
  Clearance clearance;
  clearance.key_id = 1;
  clearance.id.fill(number);
  clearance.issued_at = kNow - 3'600;
  clearance.expires_at = kNow + 3'600;
  clearance.site_id = site.keys->site_id();
  clearance.rank = rank;
  clearance.puzzle = Puzzle::kSha256;
  clearance.effort_log2 = 21;
  clearance.binding = Binding::Of(client, {});
  return clearance;
}

std::string Seal(const Clearance& clearance, const SiteKeys& keys) {
  const HmacKey* key = keys.Find(KeyPurpose::kClearance, clearance.key_id, clearance.issued_at,
                                 UnixMillis::FromSeconds(kNow));
  STILE_REQUIRE(key != nullptr);
  const ClearanceText text = SealClearance(clearance, *key);
  return {text.begin(), text.end()};
}

Challenge SomeChallenge(const FuzzSite& site) {
  Challenge challenge;
  challenge.key_id = 1;
  challenge.id.fill(7);
  challenge.issued_at = UnixMillis{kNow * 1000 - 10'000};
  challenge.expires_at = kNow + 100;
  challenge.site_id = site.keys->site_id();
  challenge.binding = Binding::Of(site.client, {});
  challenge.mint_key_id = 1;
  challenge.alternative_count = 4;
  challenge.alternatives[0] = {Puzzle::kSha256, 2, 1, 0, 1, 3'600};
  challenge.alternatives[1] = {Puzzle::kSha256, 3, 4, 0, 64, 3'600};
  challenge.alternatives[2] = {Puzzle::kWait, 1, 0, 0, 5'000, 600};
  challenge.alternatives[3] = {Puzzle::kHashwx, 1, 2, 0, 2, 3'600};
  challenge.return_path = "/docs/a?b=c";
  return challenge;
}

}  // namespace

FuzzSite::FuzzSite() : now(UnixMillis::FromSeconds(kNow)) {
  MasterKey master;
  master.id = 1;
  std::vector<std::uint8_t> secret(32);
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i * 7 + 1);
  master.secret = SecretBytes(secret);
  std::vector<MasterKey> masters;
  masters.push_back(std::move(master));
  auto ring = KeyRing::Create(std::move(masters), now, std::chrono::hours{24 * 2});
  STILE_REQUIRE(ring.has_value());
  auto site = ring->ForSite("main");
  STILE_REQUIRE(site.has_value());
  keys = *site;
  client = {IpAddress::Parse("192.0.2.7"), kBrowser};
  client_ipv6 = {IpAddress::Parse("2001:db8::7"), kBrowser};

  clearance = Seal(SomeClearance(*this, client, 2, 1), *keys);
  clearance_high = Seal(SomeClearance(*this, client, 3, 2), *keys);
  clearance_ipv6 = Seal(SomeClearance(*this, client_ipv6, 2, 3), *keys);

  Clearance expired = SomeClearance(*this, client, 2, 1);
  expired.expires_at = kNow - 5;
  clearance_in_grace = Seal(expired, *keys);

  const Challenge asked = SomeChallenge(*this);
  const HmacKey* key = keys->Find(KeyPurpose::kChallenge, 1, asked.issued_at.Seconds(), now);
  ChallengeText text;
  STILE_REQUIRE(key != nullptr && SealChallenge(asked, *key, text));
  challenge = text.view();
  for (std::size_t i = 0; i < asked.alternative_count; ++i) {
    minted.push_back(Seal(EarnedClearance(asked, i), *keys));
  }

  Context decided;
  decided.key_id = 1;
  decided.rank = 2;
  decided.issued_at = kNow - 5;
  decided.expires_at = kNow + 295;
  decided.site_id = keys->site_id();
  decided.action = 2;
  decided.verdict = 5;
  decided.rule = 17;
  decided.return_path = "/docs/a?b=c";
  ContextText context_text;
  key = keys->Find(KeyPurpose::kContext, 1, decided.issued_at, now);
  STILE_REQUIRE(key != nullptr);
  SealContext(decided, *key, context_text);
  context = context_text.view();

  referred = {kNow - 5, 7, static_cast<std::uint16_t>(keys->site_id() >> 16), 2, 6, 17};
  key = keys->Find(KeyPurpose::kReference, 1, referred.issued_at, now);
  STILE_REQUIRE(key != nullptr);
  const ReferenceText reference_text = SealReference(referred, key);
  reference.assign(reference_text.begin(), reference_text.end());

  spend = {7, 0x0123'4567'89AB'CDEF, 3, 0xFEDC'BA98'7654'3210};
  ResponseToken token;
  token.key_id = 1;
  token.rank = 2;
  token.id.fill(9);
  token.issued_at = kNow - 5;
  token.expires_at = kNow + 295;
  token.site_id = keys->site_id();
  token.cleared_at = kNow - 600;
  token.spend = spend;
  token.action = "login";
  token.host = "example.org";
  const HmacKey* spend_key = keys->Find(KeyPurpose::kSpend, 1, token.issued_at, now);
  key = keys->Find(KeyPurpose::kResponse, 1, token.issued_at, now);
  ResponseTokenText response_text;
  STILE_REQUIRE(key != nullptr && spend_key != nullptr &&
                SealResponseToken(token, {*key, *spend_key}, response_text));
  response = response_text.view();
}

const FuzzSite& FuzzSite::Get() {
  static const FuzzSite site;
  return site;
}

}  // namespace stile
