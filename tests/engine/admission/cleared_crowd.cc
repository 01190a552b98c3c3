#include "tests/engine/admission/cleared_crowd.h"

#include <algorithm>

#include "tests/engine/door.h"

namespace stile::fixture {

ClearedCrowd::ClearedCrowd(std::size_t size, char flaw) {
  for (std::size_t i = 0; i < size; ++i) {
    Clearance clearance = Earned();
    for (std::size_t byte = 0; byte < 4; ++byte) {
      clearance.id[byte] = static_cast<std::uint8_t>(i >> 8 * byte);
    }
    cookies_.push_back("__Host-stile=" + Seal(clearance));
    if (flaw != '\0') cookies_.back().back() = flaw;
  }
}

Request ClearedCrowd::Navigate(std::size_t client, std::string_view target) const {
  Request request = fixture::Navigate(target);
  request.cookies[0] = cookies_[client];
  request.cookie_count = 1;
  return request;
}

std::vector<Action> ClearedCrowd::Visit(EngineSlot& slot, std::string_view target) const {
  const auto worker = slot.NewWorker();
  std::vector<Action> actions;
  for (std::size_t i = 0; i < size(); ++i) {
    const Request request = Navigate(i, target);
    const Engine& engine = slot.Choose(*worker, slot.Enter(*worker), request);
    actions.push_back(engine.Decide(request, kNow, *worker).action);
  }
  return actions;
}

std::size_t ClearedCrowd::CountMeeting(EngineSlot& slot, std::string_view title) const {
  const auto worker = slot.NewWorker();
  std::size_t count = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    const Engine& engine = slot.Choose(*worker, slot.Enter(*worker), Navigate(i, "/"));
    if (engine.site_options(0).title == title) ++count;
  }
  return count;
}

}  // namespace stile::fixture
