#include <cstdio>
#include <utility>

#include "challenge/ip_address.h"
#include "challenge/key_file.h"
#include "challenge/key_ring.h"
#include "engine/engine.h"
#include "verifier/policy/policy_file.h"

// Calls something of each library, so that a missing dependency shows when it is linked.
int main() {
  const auto address = stile::IpAddress::Parse("::ffff:192.0.2.1");
  if (!address || address->is_v6()) return 1;

  if (stile::ParsePolicyFile("nonsense = ", "policy.toml")) return 2;

  const stile::UnixMillis now{1'800'000'000'000};
  auto masters = stile::ParseKeyFile(stile::FormatNewKey(1, now), "keys.toml");
  if (!masters) return 3;
  const auto ring = stile::KeyRing::Create(std::move(*masters), now);
  if (!ring) return 4;
  auto tables = stile::RedeemTables::Create({});
  if (!tables) return 5;
  stile::EngineOptions options;
  options.sites.emplace_back();
  if (!stile::Engine::Create(std::move(options), *ring, std::move(*tables))) return 6;

  std::puts("challenge, verifier and engine answer");
  return 0;
}
