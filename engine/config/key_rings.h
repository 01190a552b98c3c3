#ifndef STILE_ENGINE_CONFIG_KEY_RINGS_H_
#define STILE_ENGINE_CONFIG_KEY_RINGS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "engine/config/engine_config.h"
#include "engine/config/site_secrets.h"

namespace stile {

inline constexpr std::size_t kMaxKeyFile = 64 * 1024;  // Bytes.

// The rings of a deployment: what its sites' keys come from.
struct KeyRings {
  struct Ring {
    std::string file;                     // Whose masters these are; empty: of none.
    std::shared_ptr<const KeyRing> keys;  // Never null.
    bool degraded = false;  // The file could not be used: temporary keys took their place.
  };
  Ring common;
  std::vector<Ring> own;             // Of sites with a key file of their own, one for each file.
  std::vector<SiteSecrets> secrets;  // Of sites that sell response tokens.

  // The ring of a site whose SiteConfig::keys_file is `file`; empty: the common one. Null if
  // no ring was made of that file.
  [[nodiscard]] const Ring* Of(std::string_view file) const;
  // Those of the site named `site`; null if it names no file. Two sites may name the same one by
  // mistake: its secrets are the first's.
  [[nodiscard]] const SiteSecrets* SecretsOf(std::string_view site) const;
};

// Makes the ring of the masters of one file at `now`. The places of errors begin with the file's
// name, if there is one.
[[nodiscard]] tl::expected<KeyRings::Ring, Errors> MakeRing(const std::vector<MasterKey>& masters,
                                                            const std::string& file,
                                                            UnixMillis now);

// True if no site asks for the common keys.
[[nodiscard]] bool AllHaveTheirOwnKeys(const EngineConfig& config);

// What is wrong where a site asks for them, and `config` names no file.
[[nodiscard]] Error NoKeyFile(const EngineConfig& config);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_KEY_RINGS_H_
