#ifndef STILE_TOOL_SNIPPET_H_
#define STILE_TOOL_SNIPPET_H_

#include <string>

namespace stile {

struct SnippetOptions {
  std::string config;         // Says where stiled listens and what its public prefix is.
  bool config_named = false;  // The user named it; else one that isn't there means the defaults.
  std::string proxy;          // "nginx", "caddy", "envoy" or "traefik".
  std::string part;           // nginx: "http", "server", or empty for both.
  std::string fail =
      "open";  // nginx, envoy: what happens while stiled is gone, "open" or "closed".
};

// Prints what the proxy's own configuration needs, with the addresses of this installation. Returns
// the exit status.
[[nodiscard]] int RunSnippet(const SnippetOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_SNIPPET_H_
