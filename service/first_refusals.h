#ifndef STILE_SERVICE_FIRST_REFUSALS_H_
#define STILE_SERVICE_FIRST_REFUSALS_H_

#include <array>

#include "service/dialect/described_request.h"
#include "service/proxy_protocol.h"
#include "service/server.h"

namespace stile {

// Says once in the life of a process, and then leaves it to the metrics, that a proxy in front and
// the configuration don't fit together: one line for each reason for which questions or PROXY
// headers were refused. For the supervisor's thread.
class FirstRefusals {
 public:
  void Look(const Server& server);

 private:
  std::array<bool, kDescriptionReasonCount> questions_{};  // Said already.
  std::array<bool, kProxyHeaderReasonCount> proxy_headers_{};
};

}  // namespace stile

#endif  // STILE_SERVICE_FIRST_REFUSALS_H_
