#include "service/unmet_needs.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "challenge/concat.h"
#include "verifier/policy/matcher_tree.h"
#include "verifier/policy/policy.h"

namespace stile {
namespace {

// The agents that rules of the operator's own name and that have reverse DNS and no list: "a, b".
std::string AgentsOfReverseDnsAlone(const Policy& policy) {
  std::set<std::string_view> named;
  for (const Rule& rule : policy.rules()) {
    if (rule.mode == RuleMode::kOff || rule.name.starts_with("default.")) continue;
    ForEachTable(rule, [&named](const Matchers& table) {
      named.insert(table.agents.begin(), table.agents.end());
    });
  }
  std::string texts;
  for (const Agent& agent : policy.agents()) {
    if (!named.contains(agent.name) || !agent.lists.empty() || agent.reverse_names.empty()) {
      continue;
    }
    texts += Concat(texts.empty() ? "" : ", ", agent.name);
  }
  return texts;
}

}  // namespace

std::vector<std::string> UnmetNeeds(const Config& config) {
  const bool has_fingerprints =
      std::any_of(config.listeners.begin(), config.listeners.end(),
                  [](const auto& listener) { return !listener.tls_fingerprint_field.empty(); });
  std::vector<std::string> warnings;
  for (const SiteConfig& site : config.sites) {
    if (site.options.policy == nullptr) continue;
    const auto warn = [&](std::string_view what, std::string_view why) {
      warnings.push_back(Concat(site.policy_place.empty() ? site.place : site.policy_place,
                                ": rules of site \"", site.options.name, "\" ask for ", what,
                                ", and ", why));
    };
    const PolicyNeeds& needs = site.options.policy->needs();
    // What nobody knows is "unknown", for which rules may ask.
    if (needs.country && config.geo.country.file.empty()) {
      warn("the country",
           "[geo] country is not set: they never match, unless they ask for \"unknown\"");
    }
    if (needs.asn && config.geo.asn.file.empty()) {
      warn("the network (asn)",
           "[geo] asn is not set: they never match, unless they ask for \"unknown\"");
    }
    if (needs.tls_fingerprint && !has_fingerprints) {
      warn("the TLS fingerprint",
           "tls_fingerprint_header is not set on any listener: they never match, unless they ask "
           "for \"unknown\"");
    }
    if (config.reverse_dns.enabled) continue;
    if (const std::string agents = AgentsOfReverseDnsAlone(*site.options.policy); !agents.empty()) {
      warn(Concat("crawlers that only reverse DNS can verify (", agents, ")"),
           "[agents] reverse_dns is not set: they never match");
    }
  }
  return warnings;
}

}  // namespace stile
