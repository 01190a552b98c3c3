#include "tool/snippet.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "challenge/concat.h"
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
constexpr std::string_view kConfigPath = "/etc/stile/stile.toml";
constexpr std::string_view kModuleClosedComment =
    "visitors get a\n# 503. With \"open\" they pass unchecked.";
constexpr std::string_view kModuleOpenComment =
    "visitors\n# pass unchecked. With \"closed\" they get a 503.";
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

constexpr std::string_view kSpopAddress = "127.0.0.1:8087";
constexpr std::string_view kPageAddress = "127.0.0.1:8088";
constexpr std::string_view kHaproxyClosed = "acl stile_gone      always_false";
constexpr std::string_view kHaproxyClosedComment =
    "    # Where stiled is dead or hangs, visitors get a 503.\n";
// Time is up; nobody is there; and a connection that ended under its question, told or cut. Not
// what is wrong with a question itself.
constexpr std::string_view kHaproxyOpen =
    "acl stile_gone      var(txn.stile.err) -m int 1 2 256 257";
constexpr std::string_view kHaproxyOpenComment =
    "    # Where stiled is dead or hangs, visitors pass unchecked; whatever it answers itself "
    "still "
    "holds.\n";

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// The installation's configuration; an empty one if there is none and none was named. For who
// embeds Stile it has no listeners, and what stiled alone reads is not looked at.
tl::expected<Config, Errors> ReadInstallation(const SnippetOptions& options, bool embedded) {
  std::error_code ignored;
  if (!options.config_named && !std::filesystem::exists(options.config, ignored)) return Config();
  const absl::StatusOr<FileText> file = ReadFile(options.config, kMaxConfig);
  if (!file.ok()) {
    return tl::unexpected<Errors>({Error{ErrorCode::kFailedPrecondition, options.config,
                                         std::string(file.status().message())}});
  }
  if (!embedded) return ParseConfig(file->text, options.config);
  Config config;
  if (Errors errors = ReadEngineConfig(file->text, options.config, config); !errors.empty()) {
    return tl::unexpected(std::move(errors));
  }
  return config;
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

// HAProxy's own way to write an address.
std::string HaproxyAddress(const SocketAddress& address) {
  return address.is_unix ? Concat("unix@", address.path) : ToString(address);
}

std::string Haproxy(const SnippetOptions& options, const Config& config,
                    const ListenerConfig* listener) {
  std::string text;
  if (options.part.empty() || options.part == "frontend") text += kHaproxyFrontend;
  if (options.part.empty()) text += '\n';
  if (options.part.empty() || options.part == "backends") text += kHaproxyBackends;
  if (options.part.empty()) text += '\n';
  if (options.part.empty() || options.part == "spoe") text += kHaproxySpoe;
  if (listener != nullptr) ReplaceAll(text, kSpopAddress, HaproxyAddress(listener->address));
  if (const ListenerConfig* pages = ListenerOf(config, ListenerMode::kCheck)) {
    ReplaceAll(text, kPageAddress, HaproxyAddress(pages->address));
  }
  ReplaceAll(text, kPrefix, Concat(config.public_prefix, "/"));
  if (options.fail == "open") {
    ReplaceAll(text, kHaproxyClosedComment, kHaproxyOpenComment);
    ReplaceAll(text, kHaproxyClosed, kHaproxyOpen);
  }
  return text;
}

// The module has no listener to ask: it reads the configuration itself.
std::string NginxModule(const SnippetOptions& options, const Config& config) {
  std::string text;
  if (options.part.empty() || options.part == "http") text += kModuleHttp;
  if (options.part.empty()) text += '\n';
  if (options.part.empty() || options.part == "server") text += kModuleServer;
  if (options.part == "hardened") text += kModuleHardened;
  std::error_code ignored;
  const std::filesystem::path path = std::filesystem::absolute(options.config, ignored);
  if (!path.empty()) ReplaceAll(text, kConfigPath, path.string());
  ReplaceAll(text, kPrefix, Concat(config.public_prefix, "/"));
  if (options.fail == "open") {
    if (options.part != "http" && options.part != "hardened") {
      text += "stile_on_error open;\n";
    }
    ReplaceAll(text, kModuleClosedComment, kModuleOpenComment);
    ReplaceAll(text, "stile_on_error closed;", "stile_on_error open;");
  }
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

// What the snippet of a proxy is made of.
struct Proxy {
  std::string_view name;
  ListenerMode mode;  // Of the listener that it asks.
  std::string_view mode_name;
  std::string_view parts;  // Those that --part names.
};
constexpr Proxy kProxies[] = {
    {"nginx", ListenerMode::kCheck, "check", "http server"},
    {"nginx-module", ListenerMode::kCheck, "", "http server hardened"},  // It asks no listener.
    {"caddy", ListenerMode::kForwardAuth, "forward-auth", ""},
    {"haproxy", ListenerMode::kSpop, "spop", "frontend backends spoe"},
    {"envoy", ListenerMode::kExtAuthz, "ext-authz", ""},
    {"traefik", ListenerMode::kForwardAuth, "forward-auth", ""},
};

std::string SnippetOf(const Proxy& proxy, const SnippetOptions& options, const Config& config,
                      const ListenerConfig* listener) {
  if (proxy.name == "nginx") return Nginx(options, config, listener);
  if (proxy.name == "nginx-module") return NginxModule(options, config);
  if (proxy.name == "haproxy") return Haproxy(options, config, listener);
  if (proxy.name == "envoy") return Envoy(options, config, listener);
  if (proxy.name == "traefik") return Traefik(config, listener);
  return Caddy(config, listener);
}

bool CheckListeners(const Proxy& proxy, const SnippetOptions& options, const Config& config) {
  const auto lacks = [&](ListenerMode mode, std::string_view name) {
    if (config.listeners.empty() || ListenerOf(config, mode) != nullptr) return false;
    std::fprintf(stderr, "%s: no listener for %s: add one with mode = \"%s\"\n",
                 options.config.c_str(), options.proxy.c_str(), name.data());
    return true;
  };
  const ListenerConfig* listener = ListenerOf(config, proxy.mode);
  if (proxy.name == "traefik" && listener != nullptr && listener->address.is_unix) {
    std::fprintf(stderr,
                 "%s: Traefik's forwardAuth knows no unix sockets: let the forward-auth listener "
                 "have an address such as \"127.0.0.1:8089\"\n",
                 options.config.c_str());
    return false;
  }
  // HAProxy's questions and its clients' pages go to two of them.
  return !lacks(proxy.mode, proxy.mode_name) &&
         !(proxy.mode == ListenerMode::kSpop && lacks(ListenerMode::kCheck, "check"));
}

}  // namespace

int RunSnippet(const SnippetOptions& options) {
  const bool module = options.proxy == "nginx-module";
  const auto config = ReadInstallation(options, module);
  if (!config) {
    for (const Error& error : config.error()) {
      std::fprintf(stderr, "%s: %s\n", error.place.c_str(), error.message.c_str());
    }
    return 1;
  }
  const Proxy* proxy = std::find_if(std::begin(kProxies), std::end(kProxies),
                                    [&](const Proxy& one) { return one.name == options.proxy; });
  if (proxy == std::end(kProxies)) return 2;
  if (!options.part.empty() && proxy->parts.find(options.part) == std::string_view::npos) {
    std::fprintf(stderr, "--part %s: the parts for %s are: %s\n", options.part.c_str(),
                 options.proxy.c_str(), proxy->parts.empty() ? "one alone" : proxy->parts.data());
    return 2;
  }
  if (!module && !CheckListeners(*proxy, options, *config)) return 1;
  const std::string text = SnippetOf(*proxy, options, *config, ListenerOf(*config, proxy->mode));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace stile
