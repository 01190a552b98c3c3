#ifndef STILE_SERVICE_UNMET_NEEDS_H_
#define STILE_SERVICE_UNMET_NEEDS_H_

#include <string>
#include <vector>

#include "service/config.h"

namespace stile {

// Returns what the policies of the sites of `config` ask for and it doesn't find out: countries and
// networks without a database, TLS fingerprints that no listener is told, and crawlers of rules of
// the operator's own that nothing but reverse DNS, which is off, can verify. One warning for each
// site and fact: file:line:column of the policy's name in the configuration, or of the site, and a
// sentence.
[[nodiscard]] std::vector<std::string> UnmetNeeds(const Config& config);

}  // namespace stile

#endif  // STILE_SERVICE_UNMET_NEEDS_H_
