#ifndef STILE_SERVICE_CONFIG_DIGEST_H_
#define STILE_SERVICE_CONFIG_DIGEST_H_

#include <string>

#include "service/engine_loader.h"

namespace stile {

// SHA-256 in hex over a configuration's text and the name and text of each policy and list that it
// names: the same on two nodes if and only if they serve the same files. Where these lie doesn't
// count, and keys don't.
[[nodiscard]] std::string ConfigDigest(const ConfigTexts& texts);

}  // namespace stile

#endif  // STILE_SERVICE_CONFIG_DIGEST_H_
