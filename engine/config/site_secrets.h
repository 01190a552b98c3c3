#ifndef STILE_ENGINE_CONFIG_SITE_SECRETS_H_
#define STILE_ENGINE_CONFIG_SITE_SECRETS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "engine/site_secret.h"

namespace stile {

inline constexpr std::size_t kMaxSecretsFile = 64 * 1024;  // Bytes.
inline constexpr std::size_t kMaxSiteSecrets = 8;

// The secrets of one site's backends, from its file.
struct SiteSecrets {
  std::string site;  // Its name.
  std::string file;
  std::vector<SiteSecret> secrets;
  bool readable_by_others = false;  // The file is: its mode should be 0600.
  bool degraded = false;            // It could not be used: there are none.
};

// Reads the secrets in `text`, of the file called `name`: one a line, without the blanks around it;
// empty lines and those that begin with '#' are none. Returns every mistake as name:line:column:
// none or more than 8, one twice, and what SiteSecret::Create refuses. No error quotes a secret.
[[nodiscard]] tl::expected<std::vector<SiteSecret>, Errors> ParseSiteSecrets(
    std::string_view text, const std::string& name);

// The mistake at `place`, where the file of `secrets` is named, if one of them is among `others`:
// each site needs its own.
[[nodiscard]] std::optional<Error> ErrorIfShared(const SiteSecrets& secrets,
                                                 const std::vector<SiteSecrets>& others,
                                                 const std::string& place);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_SITE_SECRETS_H_
