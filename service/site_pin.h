#ifndef STILE_SERVICE_SITE_PIN_H_
#define STILE_SERVICE_SITE_PIN_H_

#include <cstdint>
#include <string_view>

#include "engine/engine.h"
#include "verifier/request.h"

namespace stile {

// The index that the site of this name has in `engine`, for a listener that is pinned to it;
// Request::kSiteByHost if the name is empty, and `gone` if a reload has taken the site away.
[[nodiscard]] inline std::uint16_t PinnedSiteOf(const Engine& engine, std::string_view name,
                                                std::uint16_t gone) noexcept {
  if (name.empty()) return Request::kSiteByHost;
  const auto count = static_cast<std::uint16_t>(engine.site_count());
  for (std::uint16_t i = 0; i < count; ++i) {
    if (engine.site_options(i).name == name) return i;
  }
  return gone;
}

}  // namespace stile

#endif  // STILE_SERVICE_SITE_PIN_H_
