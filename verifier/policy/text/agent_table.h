#ifndef STILE_VERIFIER_POLICY_TEXT_AGENT_TABLE_H_
#define STILE_VERIFIER_POLICY_TEXT_AGENT_TABLE_H_

#include <vector>

#include <toml++/toml.h>

#include "verifier/agents/agent.h"
#include "verifier/policy/text/named_lists.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// Reads the table `agent` of a policy file, or none (null). An agent with the name of a built-in
// one keeps what it leaves out. What is wrong goes to `errors`.
[[nodiscard]] std::vector<Agent> ReadAgents(const toml::table* agents, NamedLists& lists,
                                            FileErrors& errors);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_AGENT_TABLE_H_
