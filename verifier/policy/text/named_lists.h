#ifndef STILE_VERIFIER_POLICY_TEXT_NAMED_LISTS_H_
#define STILE_VERIFIER_POLICY_TEXT_NAMED_LISTS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "verifier/policy/mistake/source_tally.h"
#include "verifier/policy/range_list.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// The files of ranges that one policy names, each read once. What it is made with must outlive it.
class NamedLists {
 public:
  NamedLists(const RangeListSource& source, SourceTally& tally, FileErrors& errors)
      : source_(source), tally_(tally), errors_(errors) {}

  // Returns the lists that `names` name, without those that can't be read.
  [[nodiscard]] std::vector<std::shared_ptr<const RangeList>> Read(
      const std::vector<PlacedText>& names);

 private:
  std::shared_ptr<const RangeList> ReadNew(const PlacedText& name);

  const RangeListSource& source_;
  SourceTally& tally_;
  FileErrors& errors_;
  std::map<std::string, std::shared_ptr<const RangeList>> read_;  // Null: it can't be read.
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_NAMED_LISTS_H_
