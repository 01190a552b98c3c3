#include "verifier/policy/mistake/effort_mistake.h"

namespace stile {

std::optional<SourceMistake> MistakeInEffort(const EffortOptions& options) {
  // Written so that a number which is none is a mistake too.
  const bool bears = options.admissions == 0 || (options.admissions >= kLeastAdmissions &&
                                                 options.admissions <= kMostAdmissions);
  if (!bears) {
    return SourceMistake{ErrorCode::kOutOfRange,
                         "admissions must be from 0.1 to 1000000 new clearances a second: leave it "
                         "out if you don't know what the origin can bear"};
  }
  if (options.longest < kShortestLongest || options.longest > kLongestLongest) {
    return SourceMistake{ErrorCode::kOutOfRange, "longest must be from \"1s\" to \"120s\""};
  }
  if (options.pin != 0 && (options.pin < kConfiguredPrice || options.pin > kMostPrice)) {
    return SourceMistake{ErrorCode::kOutOfRange,
                         "pin must be from 100 to 6400 percent of what the levels ask"};
  }
  if (!(options.prefix_share >= kLeastPrefixShare && options.prefix_share <= 1)) {
    return SourceMistake{ErrorCode::kOutOfRange,
                         "prefix_share must be from 0.001 to 1 of what the site can bear"};
  }
  return std::nullopt;
}

}  // namespace stile
