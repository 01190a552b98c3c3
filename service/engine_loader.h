#ifndef STILE_SERVICE_ENGINE_LOADER_H_
#define STILE_SERVICE_ENGINE_LOADER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "engine/config/list_loader.h"
#include "service/config.h"
#include "verifier/policy/range_list.h"

namespace stile {

// The texts of one configuration: what an operator edits, and what is recorded once it has served.
// Never keys.
struct ConfigTexts {
  struct PolicyText {
    std::string file;  // As the configuration names it.
    std::string text;
  };
  std::string name;  // The configuration's path: relative paths in it are relative to its folder.
  std::string config;
  std::vector<PolicyText> policies;
  std::vector<ListLoader::Text> lists;  // Of ranges, which the policies name.
};

// A configuration with its policies, and what is wrong with either. Without config_errors the
// configuration can be served: a site whose policy is wrong then has the built-in minimal one.
struct LoadedConfig {
  Config config;  // Paths are resolved, and policies compiled into the sites' options.
  ConfigTexts texts;
  std::vector<std::shared_ptr<const RangeList>> lists;  // As in texts.lists.
  Errors config_errors;
  Errors policy_errors;                      // And of the lists that they name.
  std::vector<std::string> policy_warnings;  // file:line:column and a sentence each.

  [[nodiscard]] bool good() const { return config_errors.empty() && policy_errors.empty(); }
};

// Reads the configuration at `path`, every policy that it names and every list that those name. The
// size of each file is checked before it is read. Finds every mistake of all of them, also those
// that show only when an engine is made; and what WarningsOf finds at `warn_at`, if there is one,
// with the UnmetNeeds.
[[nodiscard]] LoadedConfig LoadConfig(const std::string& path,
                                      std::optional<UnixMillis> warn_at = std::nullopt);

// The same from texts that were read before.
[[nodiscard]] LoadedConfig LoadTexts(ConfigTexts texts);

}  // namespace stile

#endif  // STILE_SERVICE_ENGINE_LOADER_H_
