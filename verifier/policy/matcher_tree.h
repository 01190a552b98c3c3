#ifndef STILE_VERIFIER_POLICY_MATCHER_TREE_H_
#define STILE_VERIFIER_POLICY_MATCHER_TREE_H_

#include <cstddef>

#include "verifier/policy/matchers.h"

namespace stile {

// Calls see(table) for a table of matchers and for all below it, each before those below; for none
// deeper than tables may be nested.
template <typename See>
void ForEachTable(const Matchers& table, const See& see, std::size_t depth = 0) {
  if (depth > Matchers::kMaxDepth) return;
  see(table);
  for (const auto* below : {&table.any, &table.all, &table.negated}) {
    for (const Matchers& one : *below) ForEachTable(one, see, depth + 1);
  }
}

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MATCHER_TREE_H_
