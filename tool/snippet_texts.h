#ifndef STILE_TOOL_SNIPPET_TEXTS_H_
#define STILE_TOOL_SNIPPET_TEXTS_H_

#include <string_view>

namespace stile {

// The files under examples/deploy, byte for byte.
extern const std::string_view kNginxHttp;
extern const std::string_view kNginxServer;
extern const std::string_view kModuleHttp;
extern const std::string_view kModuleServer;
extern const std::string_view kModuleHardened;
extern const std::string_view kCaddy;
extern const std::string_view kHaproxyFrontend;
extern const std::string_view kHaproxyBackends;
extern const std::string_view kHaproxySpoe;
extern const std::string_view kEnvoy;
extern const std::string_view kTraefik;

}  // namespace stile

#endif  // STILE_TOOL_SNIPPET_TEXTS_H_
