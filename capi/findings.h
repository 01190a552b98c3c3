#ifndef STILE_CAPI_FINDINGS_H_
#define STILE_CAPI_FINDINGS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "capi/stile.h"
#include "challenge/error.h"
#include "engine/admission/admission_verdict.h"

namespace stile {

// What one call finds out about a configuration, on its way into the caller's report. Calls the
// caller's log as it goes. Borrows the report, which may be null.
class Findings {
 public:
  // Empties the report. It is null or IsSized.
  explicit Findings(stile_report* report) noexcept;
  ~Findings();  // Writes the numbers.
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  void Add(std::int32_t level, std::string_view place, std::string_view message);
  void AddErrors(const Errors& errors);
  // All that a verdict says: why, what would change, and for which digest.
  void AddVerdict(const AdmissionVerdict& verdict);
  void SetDigest(std::string_view digest) noexcept;
  void SetRefusal(AdmissionRefusal refusal) noexcept;

 private:
  void Append(std::string_view place, std::string_view message) noexcept;

  stile_report* report_;
  stile_report written_{};
  bool is_cut_ = false;
};

// What a call returns for these errors: STILE_ERR_INTERNAL if the first is the system's.
[[nodiscard]] stile_status StatusOf(const Errors& errors) noexcept;

}  // namespace stile

#endif  // STILE_CAPI_FINDINGS_H_
