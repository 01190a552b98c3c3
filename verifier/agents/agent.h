#ifndef STILE_VERIFIER_AGENTS_AGENT_H_
#define STILE_VERIFIER_AGENTS_AGENT_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/policy/range_list.h"

namespace stile {

// A crawler that says who it is and can be checked. A request is the agent's if its user agent
// claims so and its address is in a published list, or reverse DNS confirms it. Neither alone is
// enough: anyone can send a user agent, and addresses of a cloud are anyone's.
struct Agent {
  std::string name;                      // "googlebot"; as a rule's name.
  std::vector<std::string> user_agents;  // Claims: any of these substrings, byte for byte.
  std::vector<std::shared_ptr<const RangeList>> lists;
  // Host names that reverse DNS may answer with: "*.search.msn.com" for every name below it, or a
  // mask for the first label, "crawl-*.googlebot.com". Lower case. Empty: not asked.
  std::vector<std::string> reverse_names;
};

// The agents that every policy knows unless it defines one of the same name. Their lists are
// shipped as of the date in RangeList::created.
[[nodiscard]] const std::vector<Agent>& BuiltInAgents();

// The built-in agent of this name; null if there is none.
[[nodiscard]] const Agent* FindBuiltInAgent(std::string_view name);

}  // namespace stile

#endif  // STILE_VERIFIER_AGENTS_AGENT_H_
