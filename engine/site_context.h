#ifndef STILE_ENGINE_SITE_CONTEXT_H_
#define STILE_ENGINE_SITE_CONTEXT_H_

#include <cstdint>
#include <string_view>

#include "challenge/context.h"
#include "challenge/unix_millis.h"
#include "engine/site.h"

namespace stile {

// Contexts under the keys of one site: docs/wire-format.md, "Context".

// Fills in the key, the times and the site of `context`, which then lasts `seconds`, and writes its
// text to `out`. Returns false if there is no key to seal it with.
[[nodiscard]] bool SealSiteContext(const Site& site, UnixMillis now, std::uint32_t seconds,
                                   Context& context, ContextText& out) noexcept;

// Reads a context that SealSiteContext wrote. Returns false, with `out` untouched, if it is
// anything else, of another site, expired or of the future. The return path borrows from `sealed`.
[[nodiscard]] bool OpenSiteContext(const Site& site, UnixMillis now, std::string_view text,
                                   SealedContext& sealed, Context& out) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_SITE_CONTEXT_H_
