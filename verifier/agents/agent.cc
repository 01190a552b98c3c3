#include "verifier/agents/agent.h"

#include <algorithm>

namespace stile {

const std::vector<Agent>& BuiltInAgents() {
  static const std::vector<Agent> agents;
  return agents;
}

const Agent* FindBuiltInAgent(std::string_view name) {
  const auto& agents = BuiltInAgents();
  const auto at = std::find_if(agents.begin(), agents.end(),
                               [name](const Agent& agent) { return agent.name == name; });
  return at == agents.end() ? nullptr : &*at;
}

}  // namespace stile
