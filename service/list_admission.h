#ifndef STILE_SERVICE_LIST_ADMISSION_H_
#define STILE_SERVICE_LIST_ADMISSION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "service/engine_loader.h"

namespace stile {

// What a reload must not take on its own: whoever publishes a crawler's list, or copies it here,
// decides with it who passes. Of the lists that an agent of `next` names:
//   - one that has less than half of the ranges that it has in `serving`, where an agent names it
//     too: most likely it was cut off, and the crawler would be challenged
//   - one with a range of /0 to /7 of IPv4 or /0 to /15 of IPv6: nobody crawls from all of that,
//     and everybody there would pass who says so
// The places are the lists' names.
[[nodiscard]] Errors CheckLists(const Config& serving, const Config& next);

// The second half of that, for what has no predecessor.
[[nodiscard]] Errors CheckWideLists(const Config& config);

// What operators want to know of a list.
struct ListState {
  std::string name;  // Of its file, as the configuration would name it; or of the shipped list.
  std::size_t ranges = 0;
  std::optional<UnixMillis> created;
  bool shipped = false;  // It came with Stile.
};
// Every list that `loaded` uses, files first. No name twice.
[[nodiscard]] std::vector<ListState> ListStatesOf(const LoadedConfig& loaded);

}  // namespace stile

#endif  // STILE_SERVICE_LIST_ADMISSION_H_
