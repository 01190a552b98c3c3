#ifndef STILE_VERIFIER_GATE_MODE_H_
#define STILE_VERIFIER_GATE_MODE_H_

#include <cstdint>

namespace stile {

// The whole gate's switch.
enum class GateMode : std::uint8_t {
  kEnforce = 0,
  kShadow = 1,  // Decide and count, let everything pass.
  kOpen = 2,    // Let everything pass.
  // Challenge at the highest level whatever a challenge rule asks. A clearance that was proven with
  // less effort than that level asks today of its puzzle, or with another puzzle, doesn't satisfy
  // it.
  kAttack = 3,
};

}  // namespace stile

#endif  // STILE_VERIFIER_GATE_MODE_H_
