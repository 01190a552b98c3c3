#ifndef STILE_TOOL_SNIPPET_H_
#define STILE_TOOL_SNIPPET_H_

#include <string>

namespace stile {

struct SnippetOptions {
  std::string config;         // Says where stiled listens and what its public prefix is.
  bool config_named = false;  // The user named it; else one that isn't there means the defaults.
  std::string proxy;          // "nginx", "nginx-module", "caddy", "haproxy", "envoy" or "traefik".
  // nginx: "http" or "server"; haproxy: "frontend", "backends" or "spoe"; empty: all of them. The
  // module for nginx: as nginx, or "hardened", which takes the place of "server".
  std::string part;
  // What happens while stiled is gone, "open" or "closed"; empty: as the shipped file has it, which
  // is open for nginx and Envoy, and closed for HAProxy and nginx's module.
  std::string fail;
};

// Prints what the proxy's own configuration needs, with the addresses of this installation. Returns
// the exit status.
[[nodiscard]] int RunSnippet(const SnippetOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_SNIPPET_H_
