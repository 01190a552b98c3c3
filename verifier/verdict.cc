#include "verifier/verdict.h"

namespace stile {

std::string_view VerdictName(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kValid:
      return "valid";
    case Verdict::kAbsent:
      return "absent";
    case Verdict::kMalformed:
      return "malformed";
    case Verdict::kExpired:
      return "expired";
    case Verdict::kUnknownKey:
      return "unknown-key";
    case Verdict::kForged:
      return "forged";
    case Verdict::kWrongClient:
      return "wrong-client";
    case Verdict::kUnsolved:
      return "unsolved";
    case Verdict::kSpent:
      return "spent";
    case Verdict::kWrongSite:
      return "wrong-site";
    case Verdict::kNotYetValid:
      return "not-yet-valid";
    case Verdict::kUnsigned:
      return "unsigned";
    case Verdict::kTooEarly:
      return "too-early";
    case Verdict::kLimited:
      return "limited";
    case Verdict::kTooManyTries:
      return "too-many-tries";
    case Verdict::kRevoked:
      return "revoked";
    case Verdict::kNone:
      break;
  }
  return "none";
}

std::string_view ActionName(Action action) noexcept {
  switch (action) {
    case Action::kAllow:
      return "allow";
    case Action::kChallenge:
      return "challenge";
    case Action::kDeny:
      return "deny";
    case Action::kServe:
      return "serve";
    case Action::kNone:
      break;
  }
  return "none";
}

}  // namespace stile
