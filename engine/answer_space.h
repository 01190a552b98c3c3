#ifndef STILE_ENGINE_ANSWER_SPACE_H_
#define STILE_ENGINE_ANSWER_SPACE_H_

#include <array>

#include "challenge/context.h"
#include "challenge/reference.h"
#include "challenge/response_token.h"
#include "challenge/sealed_challenge.h"

namespace stile {

// Where one worker builds its answers, so that none is built on the heap. What lies here is valid
// until the worker's next request.
struct AnswerSpace {
  ChallengeText challenge_text;
  ContextText context_text;
  SealedChallenge sealed_challenge;
  SealedContext sealed_context;
  ResponseTokenText response_text;
  SealedResponseToken sealed_response;
  std::array<char, 8 * 1024> form;           // A decoded body.
  std::array<char, 8 * 1024> body;           // An answer's body, where it isn't an asset.
  std::array<char, 640> set_cookie;          // Values of its fields.
  std::array<char, 1280> challenge_address;  // The Stile-Challenge field.
  std::array<char, 1280> body_address;       // The same, short enough for a body.
  std::array<char, 20> retry_after;
  ReferenceText reference_text;
};

}  // namespace stile

#endif  // STILE_ENGINE_ANSWER_SPACE_H_
