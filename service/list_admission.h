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

// Whoever publishes a crawler's list, or copies it here, decides with it who passes. The places of
// these errors are the lists' names.

// What a reload must not take on its own: an agent of a site of `next` whose lists have, together,
// less than half of the ranges that the agent of that name has on that site in `serving`, whatever
// lists and files they came from. Most likely a list was cut off, and the crawler would be
// challenged. An agent that names no list any more has the policy's file as its place.
[[nodiscard]] Errors CheckLists(const Config& serving, const Config& next);

// What a reload must not take on its own either: a policy file of `texts` without a character but
// spaces and line ends, for a site of `next` that has rules in `serving`. Most likely the file was
// cut off, and everybody would be challenged. The places are the files'.
[[nodiscard]] Errors CheckEmptied(const Config& serving, const Config& next,
                                  const ConfigTexts& texts);

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
