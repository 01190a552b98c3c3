#include "service/list_admission.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "challenge/concat.h"
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

// The policy that served what `site` will; null if nothing did. A site is known by its name, or by
// its policy's file once it has another.
const Policy* PolicyBefore(const Config& serving, const SiteConfig& site) {
  const auto find = [&serving](const auto& is_it) -> const Policy* {
    const auto at = std::find_if(serving.sites.begin(), serving.sites.end(), is_it);
    return at == serving.sites.end() ? nullptr : at->options.policy.get();
  };
  const Policy* const named =
      find([&](const SiteConfig& old) { return old.options.name == site.options.name; });
  if (named != nullptr || site.policy_file.empty()) return named;
  return find([&](const SiteConfig& old) { return old.policy_file == site.policy_file; });
}

const Agent* AgentOf(const Policy& policy, std::string_view name) {
  const auto at = std::find_if(policy.agents().begin(), policy.agents().end(),
                               [name](const Agent& agent) { return agent.name == name; });
  return at == policy.agents().end() ? nullptr : &*at;
}

// How many ranges the lists of `agent` have together, each counted once.
std::size_t RangeCount(const Agent& agent) {
  std::vector<std::tuple<bool, int, IpAddress::Bytes16>> ranges;
  for (const auto& list : agent.lists) {
    for (const Cidr& range : list->ranges) {
      ranges.emplace_back(range.address.is_v6(), range.length, range.address.bytes());
    }
  }
  std::sort(ranges.begin(), ranges.end());
  return static_cast<std::size_t>(
      std::distance(ranges.begin(), std::unique(ranges.begin(), ranges.end())));
}

std::string ListNames(const Agent& agent) {
  std::string names;
  for (const auto& list : agent.lists) names += Concat(names.empty() ? "" : ", ", list->name);
  return names;
}

// What is wrong if `agent` has less than half of the ranges of `old`.
std::optional<Error> ErrorIfShrunken(const Agent& old, const Agent& agent,
                                     const std::string& policy_file) {
  const auto is_same = [](const auto& a, const auto& b) { return a->digest == b->digest; };
  if (std::equal(old.lists.begin(), old.lists.end(), agent.lists.begin(), agent.lists.end(),
                 is_same)) {
    return std::nullopt;
  }
  const std::size_t had = RangeCount(old);
  const std::size_t has = RangeCount(agent);
  if (2 * has >= had) return std::nullopt;
  const std::string lists = ListNames(agent);
  return Error{
      ErrorCode::kFailedPrecondition, lists.empty() ? policy_file : lists,
      Concat("agent \"", agent.name, "\" has ", has, has == 1 ? " range" : " ranges",
             lists.empty() ? ", since it names no list" : Concat(" of ", lists),
             ", and the one that is served has ", had, " of ", ListNames(old),
             lists.empty() ? "; see that this is what it should be. If it is, "
                           : "; see that its lists are whole and are what they should be. If they "
                             "are, ",
             "`stile reload --force` takes it")};
}

}  // namespace

Errors CheckLists(const Config& serving, const Config& next) {
  Errors errors;
  std::set<std::pair<const Policy*, const Policy*>> compared;
  for (const SiteConfig& site : next.sites) {
    const Policy* const policy = site.options.policy.get();
    const Policy* const before = PolicyBefore(serving, site);
    if (policy == nullptr || before == nullptr || !compared.emplace(before, policy).second) {
      continue;
    }
    for (const Agent& agent : policy->agents()) {
      const Agent* const old = AgentOf(*before, agent.name);
      if (old == nullptr) continue;
      if (auto error = ErrorIfShrunken(*old, agent, site.policy_file)) {
        errors.push_back(*std::move(error));
      }
    }
  }
  return errors;
}

Errors CheckEmptied(const Config& serving, const Config& next, const ConfigTexts& texts) {
  Errors errors;
  for (const ConfigTexts::PolicyText& policy : texts.policies) {
    if (policy.text.find_first_not_of(" \t\r\n") != std::string::npos) continue;
    const auto had_rules = [&](const SiteConfig& site) {
      const Policy* const before = PolicyBefore(serving, site);
      return site.policy_file == policy.file && before != nullptr && !before->rules().empty();
    };
    if (std::none_of(next.sites.begin(), next.sites.end(), had_rules)) continue;
    errors.push_back(
        Error{ErrorCode::kFailedPrecondition, policy.file,
              "the file is empty, and what is served has rules: see that it is whole. If everybody "
              "is to be challenged, say so in a comment, or `stile reload --force` takes it"});
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
