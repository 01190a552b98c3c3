// The functions of stile.h about the library itself.
#include "capi/stile.h"

#include "engine/admission/admission_verdict.h"
#include "verifier/verdict.h"

extern "C" {

uint32_t stile_abi_version(void) { return STILE_ABI_VERSION; }

const char* stile_version(void) { return STILE_VERSION_STRING; }

const char* stile_status_text(stile_status status) {
  switch (status) {
    case STILE_OK:
      return "good";
    case STILE_ERR_INVALID_ARGUMENT:
      return "the call is wrong: a NULL, a struct_size, or a number that is none";
    case STILE_ERR_INTERNAL:
      return "the system failed: no memory, or no randomness";
    case STILE_ERR_CONFIG:
      return "the configuration has mistakes";
    case STILE_ERR_REFUSED:
      return "the configuration is not admitted in place of the one that serves";
    case STILE_ERR_NO_ROOM:
      return "the memory that was handed over is too small";
    case STILE_ERR_NOT_FOUND:
      return "there is no such thing";
    default:
      return "unknown";
  }
}

// The names are literals, so they end with a zero.
const char* stile_action_name(int32_t action) {
  const bool is_one = action >= 0 && static_cast<size_t>(action) < stile::kActionCount;
  return stile::ActionName(is_one ? static_cast<stile::Action>(action) : stile::Action::kNone)
      .data();
}

const char* stile_verdict_name(int32_t verdict) {
  const bool is_one = verdict >= 0 && static_cast<size_t>(verdict) < stile::kVerdictCount;
  return stile::VerdictName(is_one ? static_cast<stile::Verdict>(verdict) : stile::Verdict::kNone)
      .data();
}

const char* stile_refusal_name(int32_t refusal) {
  const bool is_one = refusal >= 0 && static_cast<size_t>(refusal) < stile::kAdmissionRefusalCount;
  return stile::AdmissionRefusalName(is_one ? static_cast<stile::AdmissionRefusal>(refusal)
                                            : stile::AdmissionRefusal::kNotJudged)
      .data();
}

}  // extern "C"
