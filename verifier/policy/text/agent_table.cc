#include "verifier/policy/text/agent_table.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "verifier/policy/mistake/matcher_mistake.h"
#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/text/sound_texts.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 3> kAgentKeys = {"user_agent", "ip_list", "reverse_dns"};

Agent ReadAgent(std::string_view name, const toml::table& table, NamedLists& lists,
                FileErrors& errors) {
  TableReader reader(table, "an agent", kAgentKeys, errors);
  const Agent* built_in = FindBuiltInAgent(name);
  Agent agent = built_in == nullptr ? Agent{} : *built_in;
  agent.name = name;
  if (auto mistake = MistakeInName(name)) {
    errors.Add(PlaceOf(table), mistake->code, std::move(mistake->message));
  }
  if (reader.Has("user_agent")) {
    agent.user_agents = SoundTexts(reader.Texts("user_agent"), MistakeInUserAgent, errors);
  } else if (built_in == nullptr) {
    errors.Add(PlaceOf(table),
               "agent \"" + agent.name + "\" needs a user_agent: the texts by which it says so");
  }
  if (reader.Has("ip_list")) agent.lists = lists.Read(reader.TextsOrNone("ip_list"));
  if (reader.Has("reverse_dns")) {
    agent.reverse_names =
        SoundTexts(reader.TextsOrNone("reverse_dns"), MistakeInReverseName, errors);
  }
  return agent;
}

}  // namespace

std::vector<Agent> ReadAgents(const toml::table* agents, NamedLists& lists, FileErrors& errors) {
  std::vector<Agent> read;
  if (agents == nullptr) return read;
  for (const auto& [key, value] : *agents) {
    const toml::table* table = value.as_table();
    if (table == nullptr) {
      errors.Add(PlaceOf(value), "an agent is a table, such as [agent.examplebot]");
      continue;
    }
    if (read.size() == kMaxAgents) {
      errors.Add(PlaceOf(value), ErrorCode::kOutOfRange,
                 "there are more than 256 agents: remove some");
      break;
    }
    read.push_back(ReadAgent(key.str(), *table, lists, errors));
  }
  return read;
}

}  // namespace stile
