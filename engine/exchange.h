#ifndef STILE_ENGINE_EXCHANGE_H_
#define STILE_ENGINE_EXCHANGE_H_

#include "challenge/entropy.h"
#include "challenge/reference.h"
#include "challenge/unix_millis.h"
#include "engine/answer.h"
#include "engine/answer_space.h"
#include "engine/counters.h"
#include "engine/fallback_switch.h"
#include "engine/site.h"
#include "verifier/puzzle_check.h"
#include "verifier/request.h"

namespace stile {

// One request and its answer in the making. Lives on the stack of Engine::Respond.
struct Exchange {
  const Site& site;
  const Request& request;
  UnixMillis now;
  Entropy& entropy;
  Counters& counters;
  AnswerSpace& space;
  Answer& answer;
  const FallbackSwitch& fallbacks;  // The worker's, beside the site's.
  // Where what a solution hangs on is checked elsewhere; null: it is checked here.
  PuzzleCheck* check = nullptr;
  // Why there is an answer: action, verdict and rule. WriteReference fills in the rest.
  Reference reference{};
};

}  // namespace stile

#endif  // STILE_ENGINE_EXCHANGE_H_
