#include "engine/config/wide_lists.h"

#include <set>
#include <string>

#include "challenge/concat.h"
#include "verifier/policy/mistake/vast_part.h"
#include "verifier/policy/range_list.h"

namespace stile {

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

}  // namespace stile
