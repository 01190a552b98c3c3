#ifndef STILE_CHALLENGE_SPEND_ID_H_
#define STILE_CHALLENGE_SPEND_ID_H_

#include <cstdint>

namespace stile {

// The number that a response token is used up by. `boot` names the memory that remembers it: a
// store that has started anew is another boot. `epoch` changes whenever a store that outlives its
// users may have forgotten something. Within one node, boot and epoch a sequence is given once.
struct SpendId {
  std::uint16_t node = 0;
  std::uint64_t boot = 0;
  std::uint32_t epoch = 0;
  std::uint64_t sequence = 0;

  friend bool operator==(const SpendId&, const SpendId&) noexcept = default;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_SPEND_ID_H_
