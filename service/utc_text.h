#ifndef STILE_SERVICE_UTC_TEXT_H_
#define STILE_SERVICE_UTC_TEXT_H_

#include <string>

#include <absl/time/time.h>

#include "challenge/unix_millis.h"

namespace stile {

// "2026-03-01T12:00:00Z": how every time is written for people and programs.
[[nodiscard]] inline std::string UtcText(UnixMillis time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(time.value),
                          absl::UTCTimeZone());
}

}  // namespace stile

#endif  // STILE_SERVICE_UTC_TEXT_H_
