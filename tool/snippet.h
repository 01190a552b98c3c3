#ifndef STILE_TOOL_SNIPPET_H_
#define STILE_TOOL_SNIPPET_H_

#include <string>

namespace stile {

struct SnippetOptions {
  std::string config;         // Says where stiled listens and what its public prefix is.
  bool config_named = false;  // The user named it; else one that isn't there means the defaults.
  // "nginx", "nginx-module", "caddy", "haproxy", "envoy" or "traefik".
  std::string proxy;
  // nginx and its module: "http" or "server"; the module: "hardened" too, which takes the place of
  // "server"; haproxy: "frontend", "backends" or "spoe"; empty: all of them.
  std::string part;
  // What happens while stiled is gone, "open" or "closed"; empty: as the shipped file has it, which
  // is open for nginx and Envoy, and closed for nginx's module and HAProxy.
  std::string fail;
};

// Prints what the proxy's own configuration needs, with the addresses of this installation. Returns
// the exit status.
[[nodiscard]] int RunSnippet(const SnippetOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_SNIPPET_H_
