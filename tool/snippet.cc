#include "tool/snippet.h"

#include <cstddef>
#include <cstdio>
#include <filesystem>
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
constexpr std::string_view kConfigPath = "/etc/stile/stile.toml";
constexpr std::string_view kModuleClosedComment =
    "visitors get a\n# 503. With \"open\" they pass unchecked.";
constexpr std::string_view kModuleOpenComment =
    "visitors\n# pass unchecked. With \"closed\" they get a 503.";
constexpr std::string_view kPrefix = "/.stile/";
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

// The installation's configuration; an empty one if there is none and none was named. For who embeds
// Stile it has no listeners, and what stiled alone reads is not looked at.
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
  if (module) {
    const std::string text = NginxModule(options, *config);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  const bool nginx = options.proxy == "nginx";
  const ListenerConfig* listener =
      ListenerOf(*config, nginx ? ListenerMode::kCheck : ListenerMode::kForwardAuth);
  if (listener == nullptr && !config->listeners.empty()) {
    std::fprintf(stderr, "%s: no listener for %s: add one with mode = \"%s\"\n",
                 options.config.c_str(), options.proxy.c_str(), nginx ? "check" : "forward-auth");
    return 1;
  }
  const std::string text = nginx ? Nginx(options, *config, listener) : Caddy(*config, listener);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace stile
