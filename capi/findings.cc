#include "capi/findings.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "capi/given_text.h"
#include "capi/sized.h"

namespace stile {

Findings::Findings(stile_report* report) noexcept : report_(report) {
  if (report_ == nullptr) return;
  const stile_report given = ReadSized(*report_);
  written_.text = given.text;
  written_.text_room = given.text == nullptr ? 0 : given.text_room;
  written_.log = given.log;
  written_.log_user = given.log_user;
  if (written_.text_room > 0) written_.text[0] = '\0';
}

Findings::~Findings() {
  if (report_ == nullptr) return;
  const stile_report given = ReadSized(*report_);
  written_.text_room = given.text_room;
  WriteSized(*report_, written_);
}

void Findings::Append(std::string_view place, std::string_view message) noexcept {
  if (written_.text_room == 0 || is_cut_) return;
  const std::size_t size = place.size() + (place.empty() ? 0 : 2) + message.size() + 1;
  if (size >= written_.text_room - written_.text_size) {
    is_cut_ = true;
    return;
  }
  char* at = written_.text + written_.text_size;
  const auto put = [&at](std::string_view text) {
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  put(place);
  if (!place.empty()) put(": ");
  put(message);
  put("\n");
  *at = '\0';
  written_.text_size += static_cast<std::uint32_t>(size);
}

void Findings::Add(std::int32_t level, std::string_view place, std::string_view message) {
  if (level == STILE_LOG_ERROR) ++written_.errors;
  if (level == STILE_LOG_WARNING) ++written_.warnings;
  if (report_ == nullptr) return;
  // Both may quote a file.
  const std::string clean_place = Printable(std::string(place));
  const std::string clean_message = Printable(std::string(message));
  Append(clean_place, clean_message);
  if (written_.log == nullptr) return;
  written_.log(written_.log_user, level, GivenText(clean_place), GivenText(clean_message));
}

void Findings::AddErrors(const Errors& errors) {
  for (const Error& error : errors) Add(STILE_LOG_ERROR, error.place, error.message);
}

void Findings::AddVerdict(const AdmissionVerdict& verdict) {
  SetRefusal(verdict.refusal);
  SetDigest(verdict.candidate);
  written_.on_trial = verdict.on_trial ? 1 : 0;
  AddErrors(verdict.errors);
  for (const std::string& change : DescribeShift(verdict)) Add(STILE_LOG_WARNING, "", change);
}

void Findings::SetDigest(std::string_view digest) noexcept {
  const std::size_t size = std::min(digest.size(), sizeof written_.digest - 1);
  std::memcpy(written_.digest, digest.data(), size);
  written_.digest[size] = '\0';
}

void Findings::SetRefusal(AdmissionRefusal refusal) noexcept {
  static_assert(STILE_REFUSAL_NONE == static_cast<int>(AdmissionRefusal::kNone));
  static_assert(STILE_REFUSAL_MISTAKES == static_cast<int>(AdmissionRefusal::kMistakes));
  static_assert(STILE_REFUSAL_ROLLED_BACK == static_cast<int>(AdmissionRefusal::kRolledBack));
  static_assert(STILE_REFUSAL_ROLLED_BACK + 1 == kAdmissionRefusalCount);
  written_.refusal = static_cast<std::int32_t>(refusal);
}

stile_status StatusOf(const Errors& errors) noexcept {
  const bool is_systems = !errors.empty() && errors.front().code == ErrorCode::kInternal;
  return is_systems ? STILE_ERR_INTERNAL : STILE_ERR_CONFIG;
}

}  // namespace stile
