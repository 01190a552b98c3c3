#ifndef STILE_ENGINE_CONFIG_CONFIG_SOURCE_H_
#define STILE_ENGINE_CONFIG_CONFIG_SOURCE_H_

#include <cstddef>
#include <string_view>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "engine/config/engine_config.h"
#include "engine/config/key_rings.h"

namespace stile {

// Where the files of a configuration come from, for a program that hands them in.
class ConfigSource {
 public:
  virtual ~ConfigSource() = default;

  // Returns the text of the file called `name`, of at most `limit` bytes, which stays as long as
  // the source. The error's message fits behind the file's name, as "it can't be opened", and its
  // place isn't used; kOutOfRange says that the file has more.
  [[nodiscard]] virtual tl::expected<std::string_view, Error> Read(std::string_view name,
                                                                   std::size_t limit) = 0;
};

// What BuildEngine makes an engine of.
struct EmbeddedConfig {
  EngineConfig config;  // With its policies compiled into the sites' options.
  KeyRings rings;       // As of the time they were made at: see KeyRing.
};

// Reads the stile.toml called `name` as ReadEngineConfig does, and every policy, list, key file and
// secrets file that it names, each under the name that it has there: no path is resolved, but lists
// are relative to the policy that names them, and called so. Asks for each file once, but for each
// site's secrets. Returns every mistake of all of them at once, with its place; none quotes a
// secret. A site without keys is a mistake (kFailedPrecondition): none are made up here. What only
// the making of an engine finds is left to BuildEngine.
[[nodiscard]] tl::expected<EmbeddedConfig, Errors> LoadEmbedded(ConfigSource& source,
                                                                std::string_view name,
                                                                UnixMillis now);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_CONFIG_SOURCE_H_
