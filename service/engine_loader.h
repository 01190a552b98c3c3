#ifndef STILE_SERVICE_ENGINE_LOADER_H_
#define STILE_SERVICE_ENGINE_LOADER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "engine/engine.h"
#include "service/config.h"
#include "service/keys.h"
#include "service/list_loader.h"
#include "verifier/agents/reverse_names.h"
#include "verifier/budgets.h"
#include "verifier/redeemer.h"
#include "verifier/spend_store.h"
#include "verifier/tables/revocation_table.h"

namespace stile {

inline constexpr std::size_t kMaxPolicyFile = 4 * 1024 * 1024;  // Bytes.
inline constexpr std::size_t kMaxTexts = 64 * 1024 * 1024;  // Of a configuration and its policies.
// Their lists have limits of their own: RangeList::kMaxBytes, ListLoader::kMaxTexts.

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

// What an engine knows and counts that outlives it, beside its redeem tables. Each may be null.
struct EngineMemory {
  std::shared_ptr<const ReverseNames> names;
  std::shared_ptr<SpendNumbers> spends;
  std::shared_ptr<Budgets> budgets;
  std::shared_ptr<const RevocationTable> revocations;
};

// Makes the engine of `config`, with the rings of its keys. `keys_degraded` is about the common
// ones. The places of errors are the sites' in the configuration. A site whose key file has no ring
// is kInternal: it never gets the common one.
[[nodiscard]] tl::expected<std::unique_ptr<const Engine>, Errors> BuildEngine(
    const Config& config, const KeyRings& rings, bool keys_degraded,
    std::shared_ptr<RedeemTables> tables, EngineMemory memory = {});

}  // namespace stile

#endif  // STILE_SERVICE_ENGINE_LOADER_H_
