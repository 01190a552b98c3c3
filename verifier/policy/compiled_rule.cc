#include "verifier/policy/compiled_rule.h"

#include <algorithm>

namespace stile {
namespace {

// A path is sent encoded. What refuses must also find it decoded, as PathForm::resolved has it.
std::vector<std::string> PathSpellings(const Rule& rule) {
  std::vector<std::string> spellings;
  for (const std::string& path : rule.paths) {
    spellings.push_back(EncodePath(path));
    if (rule.action == Action::kAllow) continue;
    std::string decoded = DecodePath(path);
    if (decoded != spellings.back()) spellings.push_back(std::move(decoded));
  }
  return spellings;
}

}  // namespace

CompiledRule::CompiledRule(const Rule& rule, const std::vector<std::string>& methods)
    : allows_(rule.action == Action::kAllow),
      has_path_(!rule.paths.empty()),
      has_host_(!rule.hosts.empty()),
      has_ip_(!rule.ips.empty()),
      has_user_agent_(!rule.user_agents.empty()),
      paths_(PathSpellings(rule)),
      hosts_(rule.hosts),
      ips_(rule.ips),
      user_agents_(rule.user_agents) {
  for (const std::string& method : rule.methods) {
    const auto at = std::find(methods.begin(), methods.end(), method);
    if (at != methods.end()) methods_ |= std::uint64_t{1} << (at - methods.begin());
  }
}

bool CompiledRule::FindPath(const PathForm& path) const noexcept {
  if (allows_) return path.normal && paths_.Matches(path.sent);
  if (paths_.Matches(path.sent)) return true;
  return path.resolved.data() != path.sent.data() && paths_.Matches(path.resolved);
}

}  // namespace stile
