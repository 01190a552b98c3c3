#ifndef STILE_SERVICE_DEMO_SITE_H_
#define STILE_SERVICE_DEMO_SITE_H_

#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "service/config.h"
#include "service/plain_http.h"

namespace stile {

// The origin that `stiled --demo` stands in front of: a small site on a free loopback port that
// answers every path with a page that names it, and /echo with the request as it arrived.
class DemoSite {
 public:
  // Binds a port. Returns what the system said if that fails.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<DemoSite>> Create();

  void Start() { http_->Start(); }
  void Stop() { http_->Stop(); }
  [[nodiscard]] const SocketAddress& address() const { return http_->address(); }

 private:
  explicit DemoSite(std::unique_ptr<PlainHttp> http) : http_(std::move(http)) {}

  std::unique_ptr<PlainHttp> http_;
};

// The configuration of the demo: a gateway on `listen` before `upstream`, and `metrics`.
[[nodiscard]] std::string DemoConfig(const SocketAddress& listen, const SocketAddress& upstream,
                                     const SocketAddress& metrics);
// Its policy: everything is challenged but /open/*, and /closed/* is denied.
[[nodiscard]] std::string DemoPolicy();

}  // namespace stile

#endif  // STILE_SERVICE_DEMO_SITE_H_
