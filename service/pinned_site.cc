#include "service/pinned_site.h"

#include "verifier/request.h"

namespace stile {

std::uint16_t PinnedSite(const ListenerPlan& plan, const Engine& engine) noexcept {
  if (plan.site.empty()) return Request::kSiteByHost;
  const auto count = static_cast<std::uint16_t>(engine.site_count());
  for (std::uint16_t i = 0; i < count; ++i) {
    if (engine.site_options(i).name == plan.site) return i;
  }
  return plan.mode == ListenerMode::kSiteverify ? count : Request::kSiteByHost;
}

}  // namespace stile
