#include "tool/deployment.h"

#include <utility>

namespace stile {

tl::expected<Deployment, Errors> Deployment::Load(const std::string& config_path, UnixMillis now) {
  LoadedConfig loaded = LoadConfig(config_path);
  if (!loaded.good()) {
    Errors errors = std::move(loaded.config_errors);
    errors.insert(errors.end(), loaded.policy_errors.begin(), loaded.policy_errors.end());
    return tl::unexpected(std::move(errors));
  }
  const auto keys = LoadKeys(loaded.config, now);
  if (!keys) return tl::unexpected(keys.error());
  auto rings = keys->Ring(now);
  if (!rings) return tl::unexpected(rings.error());
  Deployment deployment;
  deployment.config = std::move(loaded.config);
  deployment.ring = std::make_unique<KeyRings>(*std::move(rings));
  for (const SiteConfig& site : deployment.config.sites) {
    const KeyRings::Ring* ring = deployment.ring->Of(site.keys_file);
    if (ring == nullptr) {
      return tl::unexpected(Errors{
          Error{ErrorCode::kInternal, site.keys_place, "no keys were made of " + site.keys_file}});
    }
    auto site_keys = ring->keys->ForSite(site.options.name);
    if (!site_keys) return tl::unexpected(Errors{site_keys.error()});
    deployment.site_keys.push_back(*std::move(site_keys));
  }
  return deployment;
}

}  // namespace stile
