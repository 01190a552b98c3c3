// What comes with sockets that one stiled hands to another: what is read is written the same.

#include "service/handover_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {

void FuzzHandover(FuzzInput input) {
  const auto read = HandoverText::Parse(TextOf(input));
  if (!read) return Reach("refused");
  STILE_REQUIRE(read->pid >= 0 && read->total <= HandoverText::kMostInAll);
  STILE_REQUIRE(read->owns_file.size() <= read->total);
  STILE_REQUIRE(read->owns_file.size() <= HandoverText::kMostAtOnce);
  const auto again = HandoverText::Parse(read->Format());
  STILE_REQUIRE(again.has_value() && again->pid == read->pid && again->total == read->total &&
                again->owns_file == read->owns_file);
  Reach(read->owns_file.empty() ? "without sockets" : "with sockets");
}

}  // namespace stile
