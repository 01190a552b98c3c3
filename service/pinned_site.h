#ifndef STILE_SERVICE_PINNED_SITE_H_
#define STILE_SERVICE_PINNED_SITE_H_

#include <cstdint>

#include "engine/engine.h"
#include "service/listener.h"

namespace stile {

// The index in `engine` of the site that the listener pins requests to; Request::kSiteByHost where
// it pins none. A reload may have taken the site away. Then visitors are served by host, but no
// other site's secrets hold where backends ask: the index is that of no site.
[[nodiscard]] std::uint16_t PinnedSite(const ListenerPlan& plan, const Engine& engine) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_PINNED_SITE_H_
