// In the place of what examples/embed_cpp's proxy calls of the engine for each request: it may
// pass, and nothing is done to find that out. What is left is the proxy. CMakeLists.txt beside it
// links these before the engine's own.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "engine/engine.h"
#include "engine/request_fields.h"

namespace stile {

void RequestFields::TakeKnown(std::string_view, std::string_view) noexcept { ++seen_; }

Decision Engine::Decide(const Request&, UnixMillis, Worker&) const noexcept {
  Decision decision;
  decision.action = Action::kAllow;
  decision.verdict = Verdict::kValid;
  return decision;
}

std::string_view Engine::Renew(const Request&, const Decision&, UnixMillis,
                               Worker&) const noexcept {
  return {};
}

// A proxy without Stile passes the field on as it is.
std::size_t Engine::StripClearance(std::string_view cookie, std::size_t,
                                   std::span<char> out) const noexcept {
  std::copy(cookie.begin(), cookie.end(), out.begin());
  return cookie.size();
}

std::size_t Engine::SiteOf(const Request&) const noexcept { return 0; }

}  // namespace stile
