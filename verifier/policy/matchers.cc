#include "verifier/policy/matchers.h"

namespace stile {

bool Matchers::empty() const noexcept {
  return hosts.empty() && paths.empty() && path_regexes.empty() && methods.empty() &&
         queries.empty() && headers.empty() && user_agents.empty() && user_agent_regexes.empty() &&
         ips.empty() && ip_lists.empty() && countries.empty() && asns.empty() && agents.empty() &&
         tls_fingerprints.empty() && !rank_held && !rate && !overload && any.empty() &&
         all.empty() && negated.empty();
}

}  // namespace stile
