#include "tool/credential_lines.h"

#include <absl/time/time.h>

#include <cstdio>

#include "challenge/concat.h"
#include "service/utc_text.h"

namespace stile {

void PrintLine(std::string_view name, std::string_view value) {
  std::printf("  %-11s %.*s\n", std::string(name).c_str(), static_cast<int>(value.size()),
              value.data());
}

std::string TimeText(std::int64_t seconds, UnixMillis now) {
  const absl::Duration distance = absl::Seconds(seconds - now.Seconds());
  const std::string relative = distance < absl::ZeroDuration()
                                   ? Concat(absl::FormatDuration(-distance), " ago")
                                   : Concat("in ", absl::FormatDuration(distance));
  return Concat(UtcText(UnixMillis::FromSeconds(seconds)), " (", relative, ")");
}

}  // namespace stile
