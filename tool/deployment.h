#ifndef STILE_TOOL_DEPLOYMENT_H_
#define STILE_TOOL_DEPLOYMENT_H_

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "engine/config/key_rings.h"
#include "service/engine_loader.h"
#include "service/keys.h"

namespace stile {

// What a command knows of an installation: its files, read as stiled reads them.
struct Deployment {
  Config config;
  std::vector<std::shared_ptr<const SiteKeys>> site_keys;  // In the order of the sites.
  std::unique_ptr<KeyRings> ring;

  // Returns every mistake in the files: nothing is explained from a broken configuration.
  [[nodiscard]] static tl::expected<Deployment, Errors> Load(const std::string& config_path,
                                                             UnixMillis now);
};

}  // namespace stile

#endif  // STILE_TOOL_DEPLOYMENT_H_
