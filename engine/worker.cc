#include "engine/worker.h"

#include "engine/engine_slot.h"

namespace stile {

Worker::~Worker() { slot_.Forget(*this); }

}  // namespace stile
