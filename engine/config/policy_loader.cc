#include "engine/config/policy_loader.h"

#include <map>
#include <memory>
#include <utility>

#include "challenge/concat.h"
#include "engine/config/file_path.h"
#include "engine/config/wide_lists.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/policy_file.h"
#include "verifier/policy/policy_warning.h"

namespace stile {
namespace {

// One policy file, compiled.
tl::expected<std::shared_ptr<const Policy>, Errors> CompilePolicy(
    std::string_view text, const std::string& name, const RangeListSource& lists,
    const std::optional<UnixMillis>& warn_at, std::vector<std::string>& warnings) {
  tl::expected<PolicySource, Errors> source = ParsePolicyFile(text, name, lists);
  if (!source) return tl::unexpected(std::move(source.error()));
  std::vector<PolicyWarning> found;
  if (warn_at) found = WarningsOf(*source, *warn_at);
  tl::expected<std::shared_ptr<const Policy>, Errors> policy = Policy::Compile(*std::move(source));
  if (!policy) {
    for (Error& error : policy.error()) {
      error.place =
          error.place.empty() ? Concat(name, ":1:1") : Concat(name, ":1:1: ", error.place);
    }
    return policy;
  }
  if (Errors wide = CheckWideLists(**policy); !wide.empty()) {
    AddNamedBy(name, wide);
    return tl::unexpected(std::move(wide));
  }
  for (const PolicyWarning& warning : found) {
    warnings.push_back(
        Concat(name, ":", warning.place.line, ":", warning.place.column, ": ", warning.message));
  }
  return policy;
}

}  // namespace

PolicyFindings CompilePolicies(const std::string& directory, const PolicyTextOf& text_of,
                               ListLoader& lists, const std::optional<UnixMillis>& warn_at,
                               std::vector<SiteConfig>& sites) {
  PolicyFindings findings;
  std::map<std::string, std::shared_ptr<const Policy>> compiled;
  const auto compile =
      [&](const SiteConfig& site) -> tl::expected<std::shared_ptr<const Policy>, Errors> {
    const auto text = text_of(site);
    if (!text) return tl::unexpected(Errors{text.error()});
    return CompilePolicy(*text, PathUnder(directory, site.policy_file),
                         lists.SourceFor(site.policy_file), warn_at, findings.warnings);
  };
  for (SiteConfig& site : sites) {
    if (site.policy_file.empty()) {
      site.options.policy = Policy::Default();
      continue;
    }
    const auto [entry, is_new] = compiled.try_emplace(site.policy_file);
    if (is_new) {
      if (auto policy = compile(site)) {
        entry->second = *std::move(policy);
      } else {
        for (Error& error : policy.error()) findings.errors.push_back(std::move(error));
      }
    }
    site.options.policy = entry->second;
  }
  return findings;
}

}  // namespace stile
