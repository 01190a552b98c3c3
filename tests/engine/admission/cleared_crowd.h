#ifndef STILE_TESTS_ENGINE_ADMISSION_CLEARED_CROWD_H_
#define STILE_TESTS_ENGINE_ADMISSION_CLEARED_CROWD_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine_slot.h"
#include "verifier/gate.h"
#include "verifier/request.h"

namespace stile::fixture {

// Browsers that each hold a clearance of their own, of rank 2, and come through Choose.
class ClearedCrowd {
 public:
  // `flaw` is put in the place of each clearance's last character, if it is one.
  explicit ClearedCrowd(std::size_t size, char flaw = '\0');

  [[nodiscard]] std::size_t size() const { return cookies_.size(); }
  // Of the client with this number. Lives as long as the crowd.
  [[nodiscard]] Request Navigate(std::size_t client, std::string_view target) const;

  // One request of each; what was decided about them.
  std::vector<Action> Visit(EngineSlot& slot, std::string_view target) const;
  // How many of them meet the engine with this title of its first site.
  [[nodiscard]] std::size_t CountMeeting(EngineSlot& slot, std::string_view title) const;

 private:
  std::vector<std::string> cookies_;
};

}  // namespace stile::fixture

#endif  // STILE_TESTS_ENGINE_ADMISSION_CLEARED_CROWD_H_
