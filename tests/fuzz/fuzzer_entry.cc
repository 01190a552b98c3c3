// libFuzzer's way into the target FUZZ_TARGET.

#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stile::FUZZ_TARGET(stile::FuzzInput(data, size));
  return 0;
}
