#ifndef STILE_VERIFIER_POLICY_DEFAULT_RULES_H_
#define STILE_VERIFIER_POLICY_DEFAULT_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "verifier/policy/policy.h"

namespace stile {

// What becomes of clients that say they collect text for language models.
enum class AiScrapers : std::uint8_t {
  kDeny = 0,       // Refused, also where they can prove who they are.
  kChallenge = 1,  // Those that prove it pass, the rest is asked like everybody else.
  kAllow = 2,      // Let through on their word.
};

// What an operator may choose about the default rules: the table [default_policy] of a policy file.
struct DefaultChoices {
  AiScrapers ai_scrapers = AiScrapers::kChallenge;
  // Exact paths that feed readers fetch: never challenged.
  std::vector<std::string> feeds = {"/feed",      "/feed/",     "/feed.xml",  "/feed.json",
                                    "/feeds",     "/rss",       "/rss.xml",   "/atom.xml",
                                    "/index.xml", "/index.rdf", "/blog/feed", "/blog/feed.xml"};
  // Path patterns under which git's own requests pass: clone, fetch and push over HTTP. Empty:
  // none.
  std::vector<std::string> git;
  // Path patterns under which a request with an Authorization field passes, for the origin to
  // judge. Empty: none.
  std::vector<std::string> credentials;
};

// The default rules, in order; docs/policy.md lists them. They follow a site's own.
[[nodiscard]] std::vector<Rule> DefaultRules(const DefaultChoices& choices);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_DEFAULT_RULES_H_
