#include "tests/challenge/main_site.h"

#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

namespace stile {

MasterKey MakeMaster(std::uint8_t id, UnixMillis sign_from, std::uint8_t first) {
  std::array<std::uint8_t, 32> secret;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<std::uint8_t>(first + i);
  }
  MasterKey master;
  master.id = id;
  master.secret = SecretBytes(secret);
  master.sign_from = sign_from;
  return master;
}

const std::shared_ptr<const SiteKeys>& MainSite() {
  static const std::shared_ptr<const SiteKeys> site = [] {
    std::vector<MasterKey> masters;
    masters.push_back(MakeMaster(1));
    return KeyRing::Create(std::move(masters), kNow).value().ForSite("main").value();
  }();
  return site;
}

const HmacKey& MainKey(KeyPurpose purpose) {
  const HmacKey* key = MainSite()->Find(purpose, 1, kNoon, kNow);
  if (key == nullptr) std::abort();
  return *key;
}

Binding MakeBinding() {
  Binding binding;
  binding.parts = Binding::kAddress | Binding::kUserAgent;
  binding.prefix_length = 24;
  binding.prefix = 0xC000'0200'0000'0000;
  binding.user_agent_class_version = kUserAgentClassVersion;
  binding.user_agent_class = 0xDEADBEEF;
  return binding;
}

namespace {
TokenId MakeId() {
  TokenId id;
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(i);
  return id;
}
}  // namespace

Clearance MakeClearance() {
  Clearance clearance;
  clearance.key_id = 1;
  clearance.id = MakeId();
  clearance.issued_at = kNoon;
  clearance.expires_at = kNoon + 43'200;
  clearance.site_id = SiteId("main");
  clearance.rank = 2;
  clearance.puzzle = Puzzle::kSha256;
  clearance.effort_log2 = 21;
  clearance.budget_class = 5;
  clearance.roams = 1;
  clearance.binding = MakeBinding();
  return clearance;
}

Challenge MakeChallenge() {
  Challenge challenge;
  challenge.key_id = 1;
  challenge.id = MakeId();
  challenge.issued_at = UnixMillis{kNoon * 1000 + 123};
  challenge.expires_at = kNoon + 600;
  challenge.site_id = SiteId("main");
  challenge.binding = MakeBinding();
  challenge.mint_key_id = 1;
  challenge.roams = 1;
  challenge.alternative_count = 2;
  challenge.alternatives[0] = {Puzzle::kSha256, 2, 16, 5, 4'000'000, 43'200};
  challenge.alternatives[1] = {Puzzle::kWait, 1, 0, 1, 5'000, 600};
  challenge.return_path = "/a?b=c";
  return challenge;
}

Context MakeContext() {
  Context context;
  context.key_id = 1;
  context.rank = 2;
  context.issued_at = kNoon;
  context.expires_at = kNoon + 600;
  context.site_id = SiteId("main");
  context.action = 2;
  context.verdict = 4;
  context.roams = 1;
  context.rule = 7;
  context.return_path = "/a?b=c";
  return context;
}

}  // namespace stile
