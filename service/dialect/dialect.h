#ifndef STILE_SERVICE_DIALECT_DIALECT_H_
#define STILE_SERVICE_DIALECT_DIALECT_H_

#include <cstdint>

#include "engine/answer.h"
#include "service/config.h"
#include "service/dialect/question.h"

namespace stile {

// True for a listener that proxies ask about the requests of others. It also serves Stile's own
// endpoints, as any listener does, and nothing else.
[[nodiscard]] constexpr bool IsAsked(ListenerMode mode) noexcept {
  return mode == ListenerMode::kCheck || mode == ListenerMode::kForwardAuth ||
         mode == ListenerMode::kExtAuthz;
}

// Answers a request, for anything but Stile's own endpoints, to a listener for which IsAsked is
// true. Never with the status 0. Views in the answer are valid until the worker's next request.
void AnswerQuestion(ListenerMode mode, const Question& question, Answer& answer) noexcept;

// The answer to a head that can't be read, for which a gateway answers `status`. On a check
// listener it is a 403 all the same: its proxies make an error of their own of anything else. On an
// ext-authz listener a 400 stands for every 5xx, which its proxies may let pass.
[[nodiscard]] Answer AnswerToRefusedHead(ListenerMode mode, std::uint16_t status) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_DIALECT_H_
