#ifndef STILE_VERIFIER_POLICY_MISTAKE_SOURCE_TALLY_H_
#define STILE_VERIFIER_POLICY_MISTAKE_SOURCE_TALLY_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/range_list.h"

namespace stile {

// How many regular expressions a policy may have in all of its rules together.
inline constexpr std::size_t kMaxRegexes = 1024;

// Counts what a policy may have only so much of, in all of its rules together. Each call adds one
// and returns the mistake if that is one too many.
class SourceTally {
 public:
  // Different methods count.
  std::optional<SourceMistake> AddMethod(const std::string& method);
  // Only the first that is too many is a mistake.
  std::optional<SourceMistake> AddRegex();
  // A list counts with its ranges, and once. Null is a mistake too.
  std::optional<SourceMistake> AddList(const std::shared_ptr<const RangeList>& list);

 private:
  std::set<std::string, std::less<>> methods_;
  std::size_t regexes_ = 0;
  std::unordered_set<const RangeList*> lists_;
  std::size_t ranges_ = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MISTAKE_SOURCE_TALLY_H_
