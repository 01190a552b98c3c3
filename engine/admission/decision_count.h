#ifndef STILE_ENGINE_ADMISSION_DECISION_COUNT_H_
#define STILE_ENGINE_ADMISSION_DECISION_COUNT_H_

#include <cstdint>

#include "engine/engine_slot.h"

namespace stile {

// How many decisions all workers of `slot` have counted, those that are gone included. Locks, and
// reads some thousand numbers of each worker.
[[nodiscard]] std::uint64_t CountDecisions(EngineSlot& slot);

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_DECISION_COUNT_H_
