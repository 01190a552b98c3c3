#include "engine/admission/admission_verdict.h"

#include "engine/admission/rule_text.h"

namespace stile {
namespace {

std::string Sentence(std::string_view who, const TrafficShift& shift, std::string_view what,
                     std::size_t count) {
  return std::to_string(count) + " of " + std::to_string(shift.requests) + " sampled requests of " +
         std::string(who) + " (" + PercentText(shift.ShareOf(count)) + ") would be " +
         std::string(what);
}

}  // namespace

std::string_view AdmissionRefusalName(AdmissionRefusal refusal) noexcept {
  switch (refusal) {
    case AdmissionRefusal::kNotJudged:
      return "not-judged";
    case AdmissionRefusal::kNone:
      return "none";
    case AdmissionRefusal::kLimit:
      return "limit";
    case AdmissionRefusal::kMistakes:
      return "mistakes";
    case AdmissionRefusal::kFault:
      return "fault";
    case AdmissionRefusal::kSteps:
      return "steps";
    case AdmissionRefusal::kCorpus:
      return "corpus";
    case AdmissionRefusal::kLetsIn:
      return "lets-in";
    case AdmissionRefusal::kBlastRadius:
      return "blast-radius";
    case AdmissionRefusal::kRolledBack:
      return "rolled-back";
  }
  return "not-judged";
}

std::vector<std::string> DescribeShift(const AdmissionVerdict& verdict) {
  std::vector<std::string> sentences;
  const auto add = [&](std::string_view who, const TrafficShift& shift, std::string_view what,
                       std::size_t count) {
    if (count != 0) sentences.push_back(Sentence(who, shift, what, count));
  };
  add("cleared clients", verdict.cleared, "denied", verdict.cleared.denied);
  add("cleared clients", verdict.cleared, "challenged again", verdict.cleared.challenged);
  add("clients that pass", verdict.passed, "denied", verdict.passed.denied);
  add("clients that pass", verdict.passed, "challenged", verdict.passed.challenged);
  add("clients that don't pass", verdict.refused, "let in", verdict.refused.let_in);
  for (const RuleShift& rule : verdict.rules) {
    sentences.push_back(NameOf(rule) + " would change " + std::to_string(rule.changed) + " of " +
                        std::to_string(rule.requests) + " sampled requests");
  }
  return sentences;
}

}  // namespace stile
