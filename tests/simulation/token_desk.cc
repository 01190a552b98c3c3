#include "tests/simulation/token_desk.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "challenge/response_token.h"
#include "tests/simulation/world.h"

namespace stile::simulation {
namespace {

MasterKey MakeMaster(std::uint8_t id, UnixMillis sign_from) {
  std::array<std::uint8_t, 32> secret;
  secret.fill(static_cast<std::uint8_t>(0x40 + id));
  MasterKey master;
  master.id = id;
  master.secret = SecretBytes(secret);
  master.sign_from = sign_from;
  return master;
}

std::shared_ptr<const SiteKeys> MakeKeys(std::size_t step) {
  const UnixMillis begin{World::kBeginMillis};
  const UnixMillis early = begin - std::chrono::hours(48);
  std::vector<MasterKey> masters;
  if (step < 3) masters.push_back(MakeMaster(1, early));
  if (step == 1) masters.push_back(MakeMaster(2, begin + std::chrono::hours(48)));
  if (step >= 2) masters.push_back(MakeMaster(2, early + std::chrono::milliseconds(1)));
  auto ring = KeyRing::Create(std::move(masters), begin);
  if (!ring.has_value()) std::abort();
  auto keys = ring->ForSite("main");
  if (!keys.has_value()) std::abort();
  return *std::move(keys);
}

}  // namespace

const SiteKeys& KeysOfStep(std::size_t step) {
  static const std::array<std::shared_ptr<const SiteKeys>, kKeySteps> steps = {
      MakeKeys(0), MakeKeys(1), MakeKeys(2), MakeKeys(3)};
  return *steps[step];
}

std::string SealToken(const SiteKeys& keys, const SpendGrant& grant, UnixMillis now,
                      Random& random) {
  ResponseToken token;
  const std::optional<std::uint8_t> id = keys.SigningKeyId(now);
  if (!id.has_value()) return {};
  token.key_id = *id;
  token.rank = 20;
  for (std::uint8_t& byte : token.id) byte = static_cast<std::uint8_t>(random.Next());
  token.issued_at = static_cast<std::uint32_t>(now.Seconds());
  token.expires_at = grant.expires_at;
  token.site_id = keys.site_id();
  token.cleared_at = token.issued_at;
  token.spend = grant.id;
  token.action = "login";
  token.host = "example.org";
  const HmacKey* const response = keys.Find(KeyPurpose::kResponse, *id, token.issued_at, now);
  const HmacKey* const spend = keys.Find(KeyPurpose::kSpend, *id, token.issued_at, now);
  ResponseTokenText text;
  if (response == nullptr || spend == nullptr) return {};
  if (!SealResponseToken(token, {*response, *spend}, text)) return {};
  return std::string(text.view());
}

}  // namespace stile::simulation
