#include "engine/config/engine_build.h"

#include <string>
#include <utility>

#include "challenge/concat.h"
#include "verifier/policy/policy.h"

namespace stile {

tl::expected<std::unique_ptr<const Engine>, Errors> BuildEngine(
    const EngineConfig& config, const KeyRings& rings, bool keys_degraded,
    std::shared_ptr<RedeemTables> tables, EngineMemory memory) {
  EngineOptions options;
  options.public_prefix = config.public_prefix;
  options.names = std::move(memory.names);
  options.spends = std::move(memory.spends);
  options.budgets = std::move(memory.budgets);
  options.revocations = std::move(memory.revocations);
  options.effort = std::move(memory.effort);
  options.node = config.node;
  for (const SiteConfig& site : config.sites) {
    SiteOptions& own = options.sites.emplace_back(site.options);
    const KeyRings::Ring* ring = rings.Of(site.keys_file);
    if (ring == nullptr) {
      return tl::unexpected(Errors{Error{
          ErrorCode::kInternal, site.place,
          Concat("site \"", site.options.name, "\": no keys were made of ", site.keys_file)}});
    }
    own.keys = ring->keys;
    if (const SiteSecrets* secrets = rings.SecretsOf(site.options.name)) {
      own.secrets = secrets->secrets;
    }
    own.keys_degraded = site.keys_file.empty() ? keys_degraded : ring->degraded;
    // A policy that is wrong; a site that names none has the default policy.
    if (own.policy == nullptr && !site.policy_file.empty()) own.policy = Policy::Minimal();
  }
  auto engine = Engine::Create(std::move(options), *rings.common.keys, std::move(tables));
  if (!engine) {
    for (Error& error : engine.error()) {
      for (const SiteConfig& site : config.sites) {
        const std::string prefix = Concat("site \"", site.options.name, "\": ");
        if (!error.place.starts_with(prefix)) continue;
        error.message = Concat("site.", error.place.substr(prefix.size()), ": ", error.message);
        error.place = site.place;
        break;
      }
    }
  }
  return engine;
}

}  // namespace stile
