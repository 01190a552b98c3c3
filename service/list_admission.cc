#include "service/list_admission.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "service/concat.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/range_list.h"

namespace stile {
namespace {

// Shorter ones are wide.
constexpr int kLeastIpv4 = 8;
constexpr int kLeastIpv6 = 16;

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

Error Refusal(const std::string& list, std::string message) {
  return Error{ErrorCode::kFailedPrecondition, list,
               Concat(message,
                      "; see that the file is whole and is what it should be. If it is, "
                      "`stile reload --force` takes it")};
}

void CheckWide(const RangeList& list, Errors& errors) {
  const auto wide = std::find_if(list.ranges.begin(), list.ranges.end(), [](const Cidr& range) {
    return range.length < (range.address.is_v6() ? kLeastIpv6 : kLeastIpv4);
  });
  if (wide == list.ranges.end()) return;
  errors.push_back(Refusal(
      list.name, Concat("this list of an agent's holds ", wide->address.ToString(), "/",
                        wide->length, ", in which everybody would pass who claims to be it")));
}

}  // namespace

Errors CheckWideLists(const Config& config) {
  Errors errors;
  for (const auto& [name, list] : AgentLists(config)) CheckWide(*list, errors);
  return errors;
}

Errors CheckLists(const Config& serving, const Config& next) {
  const auto before = AgentLists(serving);
  Errors errors;
  for (const auto& [name, list] : AgentLists(next)) {
    CheckWide(*list, errors);
    const auto old = before.find(name);
    if (old == before.end()) continue;
    const std::size_t had = old->second->ranges.size();
    const std::size_t has = list->ranges.size();
    if (2 * has >= had) continue;
    errors.push_back(Refusal(name, Concat("this list of an agent's has ", has,
                                          " ranges, and the "
                                          "one that is served has ",
                                          had)));
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
