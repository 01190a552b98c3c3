// What was kept of a configuration that proved good: one set of files has one text.

#include "capi/source_bundle.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {

void FuzzSourceBundle(FuzzInput input) {
  const auto files = SourceBundle::Read(TextOf(input));
  if (!files) return Reach("refused bundle");
  STILE_REQUIRE(files->size() <= SourceBundle::kMaxFiles);
  STILE_REQUIRE(SourceBundle::Write(*files) == TextOf(input));
  Reach(files->size() > 1 ? "bundle of several files" : "bundle");
}

}  // namespace stile
