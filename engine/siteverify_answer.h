#ifndef STILE_ENGINE_SITEVERIFY_ANSWER_H_
#define STILE_ENGINE_SITEVERIFY_ANSWER_H_

#include <string_view>

#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "engine/answer.h"
#include "engine/answer_space.h"
#include "engine/siteverify.h"
#include "engine/siteverify_form.h"
#include "verifier/spend_store.h"

namespace stile {

// Judges what `form` asks about a token of the site of `keys`, whose secret it showed.
[[nodiscard]] SiteverifyQuestion JudgeSiteverify(const SiteKeys& keys, const SiteverifyForm& form,
                                                 UnixMillis now, AnswerSpace& space) noexcept;

// Why a question that the store answered so is refused; kNone if it isn't.
[[nodiscard]] SiteverifyError ErrorOf(const SpendAnswer& spend) noexcept;

// The reply, always with status 200: clients take anything else for a failure of ours.
void WriteSiteverify(const SiteverifyQuestion& question, SiteverifyError error, AnswerSpace& space,
                     Answer& answer) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_SITEVERIFY_ANSWER_H_
