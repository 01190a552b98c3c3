#ifndef STILE_TOOL_INSPECT_H_
#define STILE_TOOL_INSPECT_H_

#include <string>
#include <vector>

namespace stile {

struct InspectOptions {
  std::string config;
  // A clearance, challenge or context, a cookie "name=value", or the reference that a page showed,
  // which may come in several words.
  std::vector<std::string> words;
};

// Prints what a token or a reference says and whether this deployment made it. Returns the exit
// status: 1 if one of its tokens isn't valid or can't be checked.
[[nodiscard]] int RunInspect(const InspectOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_INSPECT_H_
