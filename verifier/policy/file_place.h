#ifndef STILE_VERIFIER_POLICY_FILE_PLACE_H_
#define STILE_VERIFIER_POLICY_FILE_PLACE_H_

#include <cstdint>

namespace stile {

// Where something stands in a file; both count from 1.
struct FilePlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_FILE_PLACE_H_
