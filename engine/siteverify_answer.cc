#include "engine/siteverify_answer.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "engine/bounded_text.h"
#include "verifier/response_check.h"

namespace stile {
namespace {

SiteverifyError ErrorOf(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kValid:
      return SiteverifyError::kNone;
    case Verdict::kAbsent:
      return SiteverifyError::kMissingResponse;
    case Verdict::kExpired:
      return SiteverifyError::kTimeoutOrDuplicate;
    default:
      return SiteverifyError::kInvalidResponse;
  }
}

void AddTwoDigits(std::uint64_t number, BoundedText& text) noexcept {
  if (number < 10) text.Add("0");
  text.AddNumber(number);
}

// RFC 3339, in UTC and with the milliseconds that clients of other services know.
void AddTime(std::uint32_t seconds, BoundedText& text) noexcept {
  using std::chrono::days;
  const std::chrono::sys_seconds time{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  text.Add("\"").AddNumber(static_cast<std::uint64_t>(static_cast<int>(date.year()))).Add("-");
  AddTwoDigits(static_cast<unsigned>(date.month()), text);
  text.Add("-");
  AddTwoDigits(static_cast<unsigned>(date.day()), text);
  text.Add("T");
  AddTwoDigits(static_cast<std::uint64_t>(clock.hours().count()), text);
  text.Add(":");
  AddTwoDigits(static_cast<std::uint64_t>(clock.minutes().count()), text);
  text.Add(":");
  AddTwoDigits(static_cast<std::uint64_t>(clock.seconds().count()), text);
  text.Add(".000Z\"");
}

void WriteSuccess(const SiteverifyQuestion& question, BoundedText& text) noexcept {
  text.Add("{\"success\":true,\"challenge_ts\":");
  AddTime(question.issued_at, text);
  text.Add(",\"hostname\":").AddJson(question.host());
  text.Add(",\"error-codes\":[],\"action\":").AddJson(question.action());
  text.Add(",\"cdata\":\"\",\"metadata\":{\"cleared_ts\":");
  if (question.rank == 0) {
    text.Add("null");
  } else {
    AddTime(question.cleared_at, text);
  }
  text.Add(",\"rank\":").AddNumber(question.rank).Add("}}");
}

void WriteRefusal(SiteverifyError error, SiteverifyError second, BoundedText& text) noexcept {
  text.Add("{\"success\":false,\"error-codes\":[").AddJson(SiteverifyErrorName(error));
  if (second != SiteverifyError::kNone) text.Add(",").AddJson(SiteverifyErrorName(second));
  text.Add("]}");
}

}  // namespace

std::string_view SiteverifyErrorName(SiteverifyError error) noexcept {
  switch (error) {
    case SiteverifyError::kNone:
      return "none";
    case SiteverifyError::kMissingSecret:
      return "missing-input-secret";
    case SiteverifyError::kInvalidSecret:
      return "invalid-input-secret";
    case SiteverifyError::kMissingResponse:
      return "missing-input-response";
    case SiteverifyError::kInvalidResponse:
      return "invalid-input-response";
    case SiteverifyError::kBadRequest:
      return "bad-request";
    case SiteverifyError::kTimeoutOrDuplicate:
      return "timeout-or-duplicate";
    case SiteverifyError::kInternal:
      break;
  }
  return "internal-error";
}

SiteverifyQuestion JudgeSiteverify(const SiteKeys& keys, const SiteverifyForm& form, UnixMillis now,
                                   AnswerSpace& space) noexcept {
  SiteverifyQuestion question;
  if (form.idempotency_key.size() > kMaxAttempt) {
    question.error = SiteverifyError::kBadRequest;
    return question;
  }
  const ResponseFinding finding =
      CheckResponse(keys, form.response, form.idempotency_key, now, space.sealed_response);
  question.error = ErrorOf(finding.verdict);
  if (!question.AsksStore()) return question;
  const ResponseToken& token = finding.token;
  question.spend = finding.question;
  question.rank = token.rank;
  question.issued_at = token.issued_at;
  question.cleared_at = token.cleared_at;
  question.action_size = static_cast<std::uint8_t>(
      token.action.copy(question.action_space.data(), question.action_space.size()));
  question.host_size = static_cast<std::uint8_t>(
      token.host.copy(question.host_space.data(), question.host_space.size()));
  return question;
}

SiteverifyError ErrorOf(const SpendAnswer& spend) noexcept {
  if (spend.result == SpendResult::kFresh) return SiteverifyError::kNone;
  if (spend.result == SpendResult::kUnknown && spend.passing) return SiteverifyError::kInternal;
  return SiteverifyError::kTimeoutOrDuplicate;
}

void WriteSiteverify(const SiteverifyQuestion& question, SiteverifyError error, AnswerSpace& space,
                     Answer& answer) noexcept {
  BoundedText text(space.body);
  if (error == SiteverifyError::kNone) {
    WriteSuccess(question, text);
  } else {
    WriteRefusal(error, question.second_error, text);
  }
  answer = Answer{};
  answer.status = 200;
  answer.body = text.view();
  answer.Add("Content-Type", "application/json");
  answer.Add("Cache-Control", "no-store");
  answer.Add("X-Content-Type-Options", "nosniff");
}

}  // namespace stile
