#ifndef STILE_SERVICE_SITE_SECRETS_H_
#define STILE_SERVICE_SITE_SECRETS_H_

#include <string>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "engine/config/site_secrets.h"

namespace stile {

// Reads `file` for the site named `site`; it is named at `place`.
[[nodiscard]] tl::expected<SiteSecrets, Errors> LoadSiteSecrets(const std::string& site,
                                                                const std::string& file,
                                                                const std::string& place);

}  // namespace stile

#endif  // STILE_SERVICE_SITE_SECRETS_H_
