#include "verifier/policy/mistake/source_tally.h"

#include "verifier/policy/compiled_policy.h"

namespace stile {

std::optional<SourceMistake> SourceTally::AddMethod(const std::string& method) {
  if (methods_.contains(method)) return std::nullopt;
  if (methods_.size() == kMaxMethods) {
    return SourceMistake{ErrorCode::kOutOfRange, "the rules name more than 64 methods: use fewer"};
  }
  methods_.insert(method);
  return std::nullopt;
}

std::optional<SourceMistake> SourceTally::AddRegex() {
  if (++regexes_ != kMaxRegexes + 1) return std::nullopt;
  return SourceMistake{
      ErrorCode::kOutOfRange,
      "the rules have more than 1024 regular expressions: join some with '|', or use fewer"};
}

std::optional<SourceMistake> SourceTally::AddList(const std::shared_ptr<const RangeList>& list) {
  if (list == nullptr) {
    return SourceMistake{ErrorCode::kFailedPrecondition, "a list of ranges has not been read"};
  }
  if (!lists_.insert(list.get()).second) return std::nullopt;
  const std::size_t before = ranges_;
  ranges_ += list->ranges.size();
  if (before > RangeList::kMaxRanges || ranges_ <= RangeList::kMaxRanges) return std::nullopt;
  return SourceMistake{ErrorCode::kOutOfRange,
                       "with this list there are more than 2000000 ranges in all lists together: "
                       "name fewer or shorter ones"};
}

}  // namespace stile
