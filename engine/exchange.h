#ifndef STILE_ENGINE_EXCHANGE_H_
#define STILE_ENGINE_EXCHANGE_H_

#include "challenge/entropy.h"
#include "challenge/reference.h"
#include "challenge/unix_millis.h"
#include "engine/answer.h"
#include "engine/answer_space.h"
#include "engine/counters.h"
#include "engine/site.h"
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
  // Why there is an answer: action, verdict and rule. WriteReference fills in the rest.
  Reference reference{};
};

}  // namespace stile

#endif  // STILE_ENGINE_EXCHANGE_H_
