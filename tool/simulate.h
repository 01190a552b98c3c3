#ifndef STILE_TOOL_SIMULATE_H_
#define STILE_TOOL_SIMULATE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace stile {

struct SimulateOptions {
  std::string config;
  std::string log;                   // A file, or "-".
  std::string against;               // A policy file to compare with; empty: none.
  std::string site;                  // Empty: by the log's hosts.
  std::string format = "auto";       // auto, combined, json or caddy.
  std::vector<std::string> headers;  // "Name: value" for requests that the log gives none of it.
  std::size_t clients = 10;          // Named of each kind.
  bool unsolved = false;             // No client answers a challenge.
  bool json = false;
};

// Puts the requests of an access log before the policies of a configuration, and prints what would
// have become of them. Needs no keys and changes nothing. Returns the exit status: 0 once it is
// told, 1 if the log can't be read to its end or has no request in it, 2 for files with mistakes
// and wrong usage.
[[nodiscard]] int RunSimulate(const SimulateOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_SIMULATE_H_
