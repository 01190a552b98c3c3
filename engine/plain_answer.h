#ifndef STILE_ENGINE_PLAIN_ANSWER_H_
#define STILE_ENGINE_PLAIN_ANSWER_H_

#include <cstdint>
#include <string_view>

#include "challenge/browser/page.h"
#include "engine/exchange.h"

namespace stile {

// The shapes that every answer of ours has. None of them may be stored, but assets.

// A JSON document. `body` lives until the answer is sent.
void AnswerWithJson(Exchange& exchange, std::uint16_t status, std::string_view body) noexcept;

// A JSON document that says why something is refused: `head`, which is the beginning of an object
// such as {"error":"denied", and the reference.
void AnswerWithRefusal(Exchange& exchange, std::uint16_t status, std::string_view head) noexcept;

// A page for a person. Fills in what comes from the site and the request: language, title, links,
// prefix and reference. At most kMaxPage bytes.
void AnswerWithPage(Exchange& exchange, std::uint16_t status, Page page) noexcept;

// The page of `notice` for a navigation, AnswerWithRefusal of `head` for everything else.
void AnswerWithNotice(Exchange& exchange, std::uint16_t status, PageNotice notice,
                      std::string_view head) noexcept;

// 405 with what is allowed.
void AnswerMethodNotAllowed(Exchange& exchange, std::string_view allow) noexcept;

// 503: Stile can't do its part. Not the visitor's fault, and soon over. Takes the place of whatever
// was answered so far.
void AnswerUnavailable(Exchange& exchange) noexcept;

// Adds Retry-After.
void AddRetryAfter(Exchange& exchange, std::uint32_t seconds) noexcept;

// An asset, or 404.
void AnswerWithAsset(Exchange& exchange) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_PLAIN_ANSWER_H_
