#include "engine/plain_answer.h"

#include <cstddef>

#include "challenge/browser/asset.h"
#include "engine/bounded_text.h"
#include "engine/challenge_json.h"
#include "engine/endpoint.h"
#include "engine/media_range.h"
#include "engine/reference_text.h"

namespace stile {
namespace {

constexpr std::uint32_t kUnavailableSeconds = 30;

// What any answer that isn't an asset carries. A cache that ignores no-store still keeps one
// client's answer from another. The referrer policy lets browsers name the page's own origin when
// its form is sent, which IsFromOwnOrigin wants to see.
void AddPrivateFields(Answer& answer) noexcept {
  answer.Add("Cache-Control", "no-store");
  answer.Add("Vary", "Accept, Accept-Language, Cookie, Sec-Fetch-Mode");
  answer.Add("Referrer-Policy", "same-origin");
  answer.Add("X-Content-Type-Options", "nosniff");
}

}  // namespace

void AnswerWithJson(Exchange& exchange, std::uint16_t status, std::string_view body) noexcept {
  exchange.answer.status = status;
  exchange.answer.body = body;
  exchange.answer.Add("Content-Type", "application/json");
  AddPrivateFields(exchange.answer);
}

void AnswerWithPage(Exchange& exchange, std::uint16_t status, Page page) noexcept {
  page.language = ChoosePageLanguage(exchange.request.accept_language);
  const SiteOptions& options = exchange.site.options();
  page.title = options.title;
  page.contact = options.contact;
  page.privacy = options.privacy;
  page.logo = options.logo;
  page.stylesheet = options.stylesheet;
  page.reference = WriteReference(exchange);
  page.prefix = exchange.site.prefix();
  const std::size_t size = RenderPage(page, exchange.space.body);

  Answer& answer = exchange.answer;
  answer.status = status;
  answer.body = {exchange.space.body.data(), size};
  answer.Add("Content-Type", "text/html; charset=utf-8");
  answer.Add("Content-Language", page.language);
  AddPrivateFields(answer);
  answer.Add("Content-Security-Policy", PageSecurityPolicy(page));
  answer.Add("X-Frame-Options", "SAMEORIGIN");
}

void AnswerWithRefusal(Exchange& exchange, std::uint16_t status, std::string_view head) noexcept {
  AnswerWithJson(exchange, status,
                 WriteRefusedJson(head, WriteReference(exchange), exchange.space.body));
}

void AnswerWithNotice(Exchange& exchange, std::uint16_t status, PageNotice notice,
                      std::string_view head) noexcept {
  if (IsNavigation(exchange.request)) {
    Page page;
    page.notice = notice;
    AnswerWithPage(exchange, status, page);
    return;
  }
  AnswerWithRefusal(exchange, status, head);
}

void AnswerMethodNotAllowed(Exchange& exchange, std::string_view allow) noexcept {
  AnswerWithJson(exchange, 405, R"({"error":"method-not-allowed"})");
  exchange.answer.Add("Allow", allow);
}

void AnswerUnavailable(Exchange& exchange) noexcept {
  exchange.answer = Answer{};  // Whatever was begun.
  exchange.reference.action = Reference::kUnavailable;
  AnswerWithNotice(exchange, 503, PageNotice::kUnavailable, R"({"error":"unavailable")");
  AddRetryAfter(exchange, kUnavailableSeconds);
}

void AddRetryAfter(Exchange& exchange, std::uint32_t seconds) noexcept {
  BoundedText value(exchange.space.retry_after);
  value.AddNumber(seconds);
  exchange.answer.Add("Retry-After", value.view());
}

void AnswerWithAsset(Exchange& exchange) noexcept {
  const Request& request = exchange.request;
  const Asset* asset = FindAsset(AssetNameOf(request.target, exchange.site.prefix()));
  if (asset == nullptr) {
    AnswerWithJson(exchange, 404, R"({"error":"not-found"})");
    return;
  }
  Answer& answer = exchange.answer;
  answer.status = 200;
  answer.body = asset->body;
  answer.Add("Content-Type", asset->content_type);
  // What has a stable name is asked for again after a few minutes.
  answer.Add("Cache-Control", asset->immutable ? "public, max-age=31536000, immutable"
                                               : "public, max-age=300, must-revalidate");
  answer.Add("ETag", asset->etag);
  answer.Add("X-Content-Type-Options", "nosniff");
  answer.Add("Cross-Origin-Resource-Policy", "same-origin");
}

}  // namespace stile
