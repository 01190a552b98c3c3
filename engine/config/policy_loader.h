#ifndef STILE_ENGINE_CONFIG_POLICY_LOADER_H_
#define STILE_ENGINE_CONFIG_POLICY_LOADER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "engine/config/list_loader.h"
#include "engine/config/site_config.h"

namespace stile {

inline constexpr std::size_t kMaxPolicyFile = 4 * 1024 * 1024;  // Bytes.
inline constexpr std::size_t kMaxTexts = 64 * 1024 * 1024;  // Of a configuration and its policies.
// Their lists have limits of their own: RangeList::kMaxBytes, ListLoader::kMaxTexts.

// Returns the text of the policy that `site` names, which is looked at until the next call, or what
// is wrong with it, as it is to be said.
using PolicyTextOf = std::function<tl::expected<std::string_view, Error>(const SiteConfig& site)>;

// What is wrong with policies and the lists that they name.
struct PolicyFindings {
  Errors errors;
  std::vector<std::string> warnings;  // file:line:column and a sentence each.
};

// Compiles the policies that `sites` name into their options, each file once, however many sites
// name it. A site that names none gets Policy::Default(), one whose policy is wrong none.
// `directory` is where paths in the configuration are relative to; warns of what WarningsOf finds
// at `warn_at`, if there is one.
[[nodiscard]] PolicyFindings CompilePolicies(const std::string& directory,
                                             const PolicyTextOf& text_of, ListLoader& lists,
                                             const std::optional<UnixMillis>& warn_at,
                                             std::vector<SiteConfig>& sites);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_POLICY_LOADER_H_
