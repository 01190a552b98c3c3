#ifndef STILE_TOOL_SOLVE_H_
#define STILE_TOOL_SOLVE_H_

#include <string>

namespace stile {

struct SolveOptions {
  std::string url;
  std::string print = "cookie";  // Or "json".
  std::string user_agent;        // Sent with every request: a clearance is tied to it.
  std::string puzzle;            // Only this one; empty: the first that can be solved here.
  unsigned threads = 0;          // 0: one per core.
};

// Asks `url` for a challenge, solves it, redeems it, and prints the cookie. Returns the exit
// status: 1 if the URL asks for nothing, can't be reached, or refuses.
[[nodiscard]] int RunSolve(const SolveOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_SOLVE_H_
