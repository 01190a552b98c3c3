#include "service/list_admission.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "service/concat.h"
#include "verifier/policy/mistake/vast_part.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/range_list.h"

namespace stile {
namespace {

// The lists that agents of the policies of `config` name, by name.
std::map<std::string, std::shared_ptr<const RangeList>> AgentLists(const Config& config) {
  std::map<std::string, std::shared_ptr<const RangeList>> lists;
  for (const SiteConfig& site : config.sites) {
    if (site.options.policy == nullptr) continue;
    for (const Agent& agent : site.options.policy->agents()) {
      for (const auto& list : agent.lists) lists.emplace(list->name, list);
    }
  }
  return lists;
}

}  // namespace

Errors CheckWideLists(const Policy& policy) {
  Errors errors;
  std::set<const RangeList*> seen;
  for (const Agent& agent : policy.agents()) {
    for (const auto& list : agent.lists) {
      if (!seen.insert(list.get()).second) continue;
      const std::string vast = VastPart(list->ranges);
      if (vast.empty()) continue;
      errors.push_back(
          Error{ErrorCode::kFailedPrecondition, list->name,
                Concat("this list of an agent's holds ", vast,
                       ", from all of which everybody would pass who claims to be it: see that the "
                       "file is what it should be, or name it in a rule's ip_list instead")});
    }
  }
  return errors;
}

Errors CheckLists(const Config& serving, const Config& next) {
  const auto before = AgentLists(serving);
  Errors errors;
  for (const auto& [name, list] : AgentLists(next)) {
    const auto old = before.find(name);
    if (old == before.end()) continue;
    const std::size_t had = old->second->ranges.size();
    const std::size_t has = list->ranges.size();
    if (2 * has >= had) continue;
    errors.push_back(Error{
        ErrorCode::kFailedPrecondition, name,
        Concat("this list of an agent's has ", has, " ranges, and the one that is served has ", had,
               "; see that the file is whole and is what it should be. If it "
               "is, `stile reload --force` takes it")});
  }
  return errors;
}

std::vector<ListState> ListStatesOf(const LoadedConfig& loaded) {
  std::vector<ListState> states;
  std::set<std::string> names;
  const auto add = [&](const RangeList& list, bool shipped) {
    if (!names.insert(list.name).second) return;
    states.push_back({list.name, list.ranges.size(), list.created, shipped});
  };
  for (const auto& list : loaded.lists) add(*list, false);
  for (const auto& [name, list] : AgentLists(loaded.config)) add(*list, true);
  return states;
}

}  // namespace stile
