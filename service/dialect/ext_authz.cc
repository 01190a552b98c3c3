#include "service/dialect/ext_authz.h"

#include <cstddef>
#include <string_view>

#include "service/dialect/described_request.h"
#include "service/dialect/whole_answer.h"
#include "service/gateway_answer.h"

namespace stile {
namespace {

// The client gets what a pass says beside the origin's answer: nothing that would keep that from
// caches, unless it comes with a clearance, and that with pages alone.
void ShapePass(const Question& question, Answer& answer) noexcept {
  Answer pass;
  pass.status = answer.status;
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    const Answer::Field& field = answer.fields[i];
    if (field.name != "Cache-Control" && field.name != "Set-Cookie") {
      pass.Add(field.name, field.value);
    }
  }
  const std::string_view renewed = answer.Get("Set-Cookie");
  if (!renewed.empty() && question.request.sec_fetch_mode == "navigate") {
    pass.Add("Set-Cookie", renewed);
    pass.Add("Cache-Control", "private, no-store");
    pass.Add("CDN-Cache-Control", "no-store");
    pass.Add("Surrogate-Control", "no-store");
  }
  answer = pass;
}

}  // namespace

void AnswerExtAuthz(const Question& question, Answer& answer) noexcept {
  AnswerCheckCall(question, answer);
  if (answer.status == 200)
    answer.Add("X-Envoy-Auth-Headers-To-Remove", "x-stile-rule,x-stile-ctx");
  if (answer.status < 500) return;
  answer.status = 429;
  if (answer.Get("Retry-After").empty()) answer.Add("Retry-After", "5");
}

void AnswerCheckCall(const Question& question, Answer& answer) noexcept {
  if (!CarriesTarget(question.own.target)) {
    answer = PlainAnswer(404);
    return;
  }
  if (!ReadQuestion(question)) return RefuseWhole(answer);
  AnswerWhole(question, answer);
  if (answer.status == 200) ShapePass(question, answer);
}

}  // namespace stile
