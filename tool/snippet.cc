#include "tool/snippet.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <string_view>

#include <tl/expected.hpp>

#include "service/concat.h"
#include "service/config.h"
#include "service/file_text.h"
#include "tool/snippet_texts.h"

namespace stile {
namespace {

// What the files say, and each installation may say otherwise.
constexpr std::string_view kCheckSocket = "unix:/run/stile/check.sock";
constexpr std::string_view kAuthSocket = "unix//run/stile/auth.sock";
constexpr std::string_view kEnvoySocket = "pipe: { path: /run/stile/envoy.sock }";
constexpr std::string_view kTraefikAddress = "127.0.0.1:8089";
constexpr std::string_view kPrefix = "/.stile/";
constexpr std::string_view kEnvoyOpen =
    "              # Where stiled is dead or takes longer than that, visitors pass unchecked; "
    "whatever "
    "it\n              # answers itself still holds. With false instead they get a 503.\n"
    "              failure_mode_allow: true\n";
constexpr std::string_view kEnvoyClosed =
    "              # Where stiled is dead or takes longer than that, visitors get a 503. With true "
    "instead\n              # they pass unchecked.\n"
    "              failure_mode_allow: false\n";
constexpr std::string_view kFailOpen = "error_page 502 504 = @stile_open;";
constexpr std::string_view kFailClosed = "error_page 502 504 = @stile_closed;";
constexpr std::string_view kFailOpenComment =
    "    # Where stiled is dead or hangs, visitors pass unchecked; whatever it answers itself "
    "still "
    "holds.\n    # With @stile_closed instead they get a 503.\n";
constexpr std::string_view kFailClosedComment =
    "    # Where stiled is dead or hangs, visitors get a 503. With @stile_open instead they pass "
    "unchecked.\n";

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// The installation's configuration; an empty one if there is none and none was named.
tl::expected<Config, Errors> ReadInstallation(const SnippetOptions& options) {
  std::error_code ignored;
  if (!options.config_named && !std::filesystem::exists(options.config, ignored)) return Config();
  const absl::StatusOr<FileText> file = ReadFile(options.config, kMaxConfig);
  if (!file.ok()) {
    return tl::unexpected<Errors>({Error{ErrorCode::kFailedPrecondition, options.config,
                                         std::string(file.status().message())}});
  }
  return ParseConfig(file->text, options.config);
}

// The first listener of this mode; null if there is none.
const ListenerConfig* ListenerOf(const Config& config, ListenerMode mode) {
  for (const ListenerConfig& listener : config.listeners) {
    if (listener.mode == mode) return &listener;
  }
  return nullptr;
}

std::string NginxAddress(const SocketAddress& address) { return ToString(address); }

std::string CaddyAddress(const SocketAddress& address) {
  return address.is_unix ? Concat("unix/", address.path) : ToString(address);
}

std::string Nginx(const SnippetOptions& options, const Config& config,
                  const ListenerConfig* listener) {
  std::string text;
  if (options.part != "server") text += kNginxHttp;
  if (options.part.empty()) text += '\n';
  if (options.part != "http") text += kNginxServer;
  if (listener != nullptr) ReplaceAll(text, kCheckSocket, NginxAddress(listener->address));
  ReplaceAll(text, kPrefix, Concat(config.public_prefix, "/"));
  if (options.fail == "closed") {
    ReplaceAll(text, kFailOpenComment, kFailClosedComment);
    ReplaceAll(text, kFailOpen, kFailClosed);
  }
  return text;
}

std::string Caddy(const Config& config, const ListenerConfig* listener) {
  std::string text(kCaddy);
  if (listener != nullptr) ReplaceAll(text, kAuthSocket, CaddyAddress(listener->address));
  ReplaceAll(text, kPrefix, Concat(config.public_prefix, "/"));
  return text;
}

std::string EnvoyAddress(const SocketAddress& address) {
  if (address.is_unix) return Concat("pipe: { path: ", address.path, " }");
  return Concat("socket_address: { address: \"", address.host, "\", port_value: ", address.port,
                " }");
}

std::string Envoy(const SnippetOptions& options, const Config& config,
                  const ListenerConfig* listener) {
  std::string text(kEnvoy);
  if (listener != nullptr) ReplaceAll(text, kEnvoySocket, EnvoyAddress(listener->address));
  ReplaceAll(text, kPrefix, Concat(config.public_prefix, "/"));
  if (options.fail == "closed") ReplaceAll(text, kEnvoyOpen, kEnvoyClosed);
  return text;
}

std::string Traefik(const Config& config, const ListenerConfig* listener) {
  std::string text(kTraefik);
  if (listener != nullptr) ReplaceAll(text, kTraefikAddress, ToString(listener->address));
  ReplaceAll(text, kPrefix, Concat(config.public_prefix, "/"));
  return text;
}

// Which listeners a proxy asks, and what its part of the configuration is.
struct ProxyKind {
  std::string_view name;
  ListenerMode mode;
  std::string_view mode_name;
};
constexpr ProxyKind kProxies[] = {
    {"nginx", ListenerMode::kCheck, "check"},
    {"caddy", ListenerMode::kForwardAuth, "forward-auth"},
    {"envoy", ListenerMode::kExtAuthz, "ext-authz"},
    {"traefik", ListenerMode::kForwardAuth, "forward-auth"},
};

std::string SnippetOf(const SnippetOptions& options, const Config& config,
                      const ListenerConfig* listener) {
  if (options.proxy == "nginx") return Nginx(options, config, listener);
  if (options.proxy == "envoy") return Envoy(options, config, listener);
  if (options.proxy == "traefik") return Traefik(config, listener);
  return Caddy(config, listener);
}

}  // namespace

int RunSnippet(const SnippetOptions& options) {
  const auto config = ReadInstallation(options);
  if (!config) {
    for (const Error& error : config.error()) {
      std::fprintf(stderr, "%s: %s\n", error.place.c_str(), error.message.c_str());
    }
    return 1;
  }
  const auto* const kind =
      std::find_if(std::begin(kProxies), std::end(kProxies),
                   [&options](const ProxyKind& proxy) { return proxy.name == options.proxy; });
  if (kind == std::end(kProxies)) return 1;  // The command line knows no other.
  const ListenerConfig* listener = ListenerOf(*config, kind->mode);
  if (listener == nullptr && !config->listeners.empty()) {
    std::fprintf(stderr, "%s: no listener for %s: add one with mode = \"%s\"\n",
                 options.config.c_str(), options.proxy.c_str(), kind->mode_name.data());
    return 1;
  }
  if (options.proxy == "traefik" && listener != nullptr && listener->address.is_unix) {
    std::fprintf(stderr,
                 "%s: Traefik's forwardAuth knows no unix sockets: let the forward-auth listener "
                 "have an address such as \"127.0.0.1:8089\"\n",
                 options.config.c_str());
    return 1;
  }
  const std::string text = SnippetOf(options, *config, listener);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace stile
