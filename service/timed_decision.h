#ifndef STILE_SERVICE_TIMED_DECISION_H_
#define STILE_SERVICE_TIMED_DECISION_H_

#include "challenge/unix_millis.h"
#include "engine/engine.h"
#include "engine/worker.h"
#include "service/name_questions.h"
#include "service/server.h"
#include "verifier/gate.h"
#include "verifier/request.h"

namespace stile {

// Engine::Decide, with the time it took counted in check_duration. Where a client claims to be a
// crawler that nobody has asked about yet, `names` gets the question; it may be null.
[[nodiscard]] Decision DecideTimed(const Engine& engine, const Request& request, UnixMillis now,
                                   Worker& worker, LoopCounters& counters,
                                   NameQuestions* names) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_TIMED_DECISION_H_
