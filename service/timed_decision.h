#ifndef STILE_SERVICE_TIMED_DECISION_H_
#define STILE_SERVICE_TIMED_DECISION_H_

#include "challenge/unix_millis.h"
#include "engine/engine.h"
#include "engine/worker.h"
#include "service/server.h"
#include "verifier/gate.h"
#include "verifier/request.h"

namespace stile {

// Engine::Decide, with the time it took counted in check_duration.
[[nodiscard]] Decision DecideTimed(const Engine& engine, const Request& request, UnixMillis now,
                                   Worker& worker, LoopCounters& counters) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_TIMED_DECISION_H_
