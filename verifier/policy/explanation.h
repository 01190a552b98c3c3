#ifndef STILE_VERIFIER_POLICY_EXPLANATION_H_
#define STILE_VERIFIER_POLICY_EXPLANATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "verifier/policy/index/reading.h"
#include "verifier/policy/index/request_facts.h"
#include "verifier/policy/index/truth.h"
#include "verifier/policy/matchers.h"
#include "verifier/policy/policy.h"

namespace stile {

// What a condition comes to, and why.
struct Finding {
  Truth truth = Truth::kYes;
  std::string why;
};

// Explains tables of matchers for one request, value by value from their source. Slow; allocates.
class Explanation {
 public:
  // All must outlive the explanation.
  Explanation(const Policy& policy, RequestFacts& facts, const ClientFacts& client)
      : policy_(policy), request_(facts.request()), facts_(facts), client_(client) {}

  // Of a table, all of whose matchers must hold. Names every one if they do, else the first that
  // decides.
  [[nodiscard]] Finding OfTable(const Matchers& table, Reading reading);

 private:
  [[nodiscard]] std::vector<Finding> OfMatchers(const Matchers& table, Reading reading);
  void AddWhatIsAsked(const Matchers& table, Reading reading, std::vector<Finding>& findings);
  void AddWhoAsks(const Matchers& table, std::vector<Finding>& findings);
  void AddFields(const Matchers& table, Reading reading, std::vector<Finding>& findings);
  void AddTables(const Matchers& table, Reading reading, std::vector<Finding>& findings);
  [[nodiscard]] Finding OfHosts(const std::vector<std::string>& hosts) const;
  [[nodiscard]] Finding OfPaths(const std::vector<std::string>& paths, Reading reading);
  [[nodiscard]] Finding OfPathRegexes(const std::vector<std::string>& regexes, Reading reading);
  [[nodiscard]] Finding OfUserAgentRegexes(const std::vector<std::string>& regexes) const;
  [[nodiscard]] Finding OfRanges(const Matchers& table) const;
  [[nodiscard]] Finding OfAgents(const std::vector<std::string>& names) const;
  [[nodiscard]] Finding OfAgent(std::size_t index) const;
  [[nodiscard]] Finding OfAny(const std::vector<Matchers>& tables, Reading reading);

  const Policy& policy_;
  const Request& request_;
  RequestFacts& facts_;
  const ClientFacts& client_;
};

// `text` for people: without control bytes, at most 200 bytes; "nothing" if it is empty.
[[nodiscard]] std::string Readable(std::string_view text);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_EXPLANATION_H_
