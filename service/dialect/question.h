#ifndef STILE_SERVICE_DIALECT_QUESTION_H_
#define STILE_SERVICE_DIALECT_QUESTION_H_

#include <string_view>

#include "challenge/unix_millis.h"
#include "engine/engine.h"
#include "engine/worker.h"
#include "service/client_address.h"
#include "service/fact_finder.h"
#include "service/name_questions.h"
#include "service/request_head.h"
#include "service/server.h"
#include "verifier/gate.h"
#include "verifier/request.h"

namespace stile {

// One request of a proxy that asks about another: what it said, and what answers it. Lives on the
// stack while it is answered.
struct Question {
  const Engine& engine;
  const RequestHead& head;     // Of the question itself.
  const ClientOrigin& origin;  // Whether the asker is trusted, and whom it names as the client.
  const Request& own;          // The question itself as a request.
  std::string_view fingerprint_field;  // As in ListenerPlan.
  UnixMillis now;
  Worker& worker;
  LoopCounters& counters;
  FactFinder& facts;
  NameQuestions* names;  // May be null.

  // What was asked about and decided, once it was. Until then the decision's action is kNone.
  Request& request;
  Decision& decision;

  bool overloaded = false;  // Who has no clearance gets the shortest answer there is.

  // The question's own line and fields are the request's, but for kCarriedPrefix. Else
  // X-Forwarded-* describe it.
  bool carries = false;
  bool names_client = true;  // As in ReadCarried.
};

// Reads the request that is asked about into `question.request`. Returns false, and counts why, if
// the question describes none.
[[nodiscard]] bool ReadQuestion(const Question& question) noexcept;

// True, and counted, if the question is to be refused in short form: the loop is overloaded, and
// the request that was asked about is challenged.
[[nodiscard]] bool IsShed(const Question& question) noexcept;

// Decides about the request that was read, into `question.decision`.
void DecideQuestion(const Question& question) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_QUESTION_H_
