#include "tool/reference_report.h"

#include <absl/strings/str_format.h>

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string_view>

#include "challenge/concat.h"
#include "tool/credential_lines.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

constexpr std::size_t kNoSite = static_cast<std::size_t>(-1);

// The site whose keys made `reference`; kNoSite if none of them did.
std::size_t AuthenticSite(const SealedReference& reference, const Deployment& deployment,
                          UnixMillis now) {
  for (std::size_t i = 0; i < deployment.site_keys.size(); ++i) {
    if (IsAuthentic(reference, *deployment.site_keys[i], now)) return i;
  }
  return kNoSite;
}

// The only site that `reference` can mean; kNoSite if there are several, or none.
std::size_t ClaimedSite(const SealedReference& reference, const Deployment& deployment) {
  std::size_t found = kNoSite;
  for (std::size_t i = 0; i < deployment.site_keys.size(); ++i) {
    if (deployment.site_keys[i]->site_id() >> 16 != reference.claimed().site) continue;
    if (found != kNoSite) return kNoSite;
    found = i;
  }
  return found;
}

std::string AnswerText(std::uint8_t action) {
  if (action == Reference::kUnavailable) return "unavailable: Stile could not do its part";
  return std::string(ActionName(static_cast<Action>(action)));
}

std::string RuleText(std::uint16_t rule, const Deployment* deployment, std::size_t site) {
  if (rule == Reference::kNoRule) return "none: the policy's default, or one of Stile's own pages";
  const std::string number = Concat("number ", rule + 1);
  if (deployment == nullptr || site == kNoSite) return number;
  const Policy* policy = deployment->config.sites[site].options.policy.get();
  if (policy == nullptr || rule >= policy->rules().size()) {
    return Concat(number, ", which the policy of today does not have");
  }
  return Concat(policy->rules()[rule].name, " (", number, " in the policy of today)");
}

std::string_view VerdictText(const SealedReference& reference, const Deployment* deployment,
                             bool authentic) {
  if (reference.is_unsigned()) return "unsigned: it was made without a key, or made up";
  if (deployment == nullptr) {
    return "not checked, for there is no configuration: what stands here is a claim";
  }
  return authentic ? "valid"
                   : "forged, or of another installation, or misspelt: believe none of this";
}

}  // namespace

bool PrintReference(const SealedReference& reference, const std::string& config,
                    const Deployment* deployment, UnixMillis now) {
  const Reference& claimed = reference.claimed();
  std::size_t site = kNoSite;
  if (deployment != nullptr) {
    site = AuthenticSite(reference, *deployment, now);
    if (site == kNoSite && !reference.is_unsigned()) {
      const UnixMillis then = UnixMillis::FromSeconds(claimed.issued_at);
      const auto older = Deployment::Load(config, then);
      if (older) site = AuthenticSite(reference, *older, then);
    }
  }
  const bool authentic = site != kNoSite;
  if (!authentic && deployment != nullptr) site = ClaimedSite(reference, *deployment);

  const ReferenceText spelling = reference.Spelling();
  std::puts("reference");
  PrintLine("spelling", {spelling.data(), spelling.size()});
  PrintLine("verdict", VerdictText(reference, deployment, authentic));
  PrintLine("time", TimeText(claimed.issued_at, now));
  PrintLine("node", Concat(claimed.node));
  const std::string id = absl::StrFormat("%04x....", claimed.site);
  PrintLine("site",
            site == kNoSite ? id : Concat(deployment->site_keys[site]->site(), " (", id, ")"));
  PrintLine("answer", AnswerText(claimed.action));
  PrintLine("because of", VerdictName(static_cast<Verdict>(claimed.verdict)));
  PrintLine("rule", RuleText(claimed.rule, deployment, site));
  return authentic;
}

}  // namespace stile
