// stile.toml. It is accepted, or every mistake has a place and a sentence; reading it twice says
// the same; what is accepted is within its limits, and a comment changes nothing. Whoever embeds
// the engine accepts what stiled accepts.

#include <algorithm>
#include <string>

#include "engine/config/engine_config.h"
#include "service/config.h"
#include "tests/fuzz/error_property.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {

void FuzzConfig(FuzzInput input) {
  const std::string_view text = TextOf(input);
  const auto config = ParseConfig(text, "stile.toml");
  const auto again = ParseConfig(text, "stile.toml");
  STILE_REQUIRE(config.has_value() == again.has_value());
  if (!config.has_value()) {
    Reach("refused config");
    RequireGoodErrors(config.error(), "stile.toml");
    EngineConfig ignored;
    for (const Error& error : ReadEngineConfig(text, "stile.toml", ignored)) {
      STILE_REQUIRE(
          std::any_of(config.error().begin(), config.error().end(), [&error](const Error& other) {
            return other.place == error.place && other.message == error.message;
          }));
    }
    STILE_REQUIRE(ToString(config.error()) == ToString(again.error()));
    return;
  }
  Reach("valid config");
  STILE_REQUIRE(ParseConfig(std::string(text) + "\n# end\n", "stile.toml").has_value());
  EngineConfig embedded;
  STILE_REQUIRE(ReadEngineConfig(text, "stile.toml", embedded).empty());
  STILE_REQUIRE(embedded.sites.size() == config->sites.size());
  STILE_REQUIRE(config->upstreams.size() == config->sites.size());
  STILE_REQUIRE(text.size() <= kMaxConfig);
  STILE_REQUIRE(!config->listeners.empty() && !config->sites.empty());
  for (const ListenerConfig& listener : config->listeners) {
    STILE_REQUIRE(!ToString(listener.address).empty());
    STILE_REQUIRE(listener.address.is_unix != listener.address.path.empty());
  }
  for (const SiteConfig& site : config->sites) {
    STILE_REQUIRE(!site.options.name.empty() && site.options.name.size() <= 64);
    STILE_REQUIRE(site.options.binding.ipv4_prefix >= 0 && site.options.binding.ipv4_prefix <= 32);
    STILE_REQUIRE(site.options.binding.ipv6_prefix >= 0 && site.options.binding.ipv6_prefix <= 64);
  }
}

}  // namespace stile
