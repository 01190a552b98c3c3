#ifndef STILE_ENGINE_REFERENCE_TEXT_H_
#define STILE_ENGINE_REFERENCE_TEXT_H_

#include <string_view>

#include "engine/exchange.h"
#include "verifier/gate.h"

namespace stile {

// What an answer about `decision` will refer to.
void NoteDecision(Exchange& exchange, const Decision& decision) noexcept;

// Writes the reference of the answer in the making: what the exchange says of it, with the time,
// the node and the site. Made only where an answer shows it. Without a key that signs it is
// unsigned. The text lives in the exchange's space.
[[nodiscard]] std::string_view WriteReference(Exchange& exchange) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_REFERENCE_TEXT_H_
