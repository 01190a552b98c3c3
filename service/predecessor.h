#ifndef STILE_SERVICE_PREDECESSOR_H_
#define STILE_SERVICE_PREDECESSOR_H_

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "service/inherited_sockets.h"

namespace stile {

// The running stiled that this process takes over from, as its control socket has it. It goes on
// as if nothing had been until Succeed has returned OK. Belongs to one thread, which waits for it.
class Predecessor {
 public:
  // Connects to the control socket at `path` and has its sockets handed over. Returns Unavailable
  // if nobody answers there, PermissionDenied if it isn't of the user of this process, and
  // FailedPrecondition with what it said if it refuses.
  [[nodiscard]] static absl::StatusOr<Predecessor> Reach(const std::string& path,
                                                         InheritedSockets& sockets);

  Predecessor(Predecessor&& other) noexcept;
  Predecessor& operator=(Predecessor&& other) noexcept;
  ~Predecessor();

  [[nodiscard]] int pid() const noexcept { return pid_; }

  // Has it leave: it accepts nobody more, finishes what it has and ends. Returns Unavailable if it
  // is gone, and FailedPrecondition with what it said if it stays.
  [[nodiscard]] absl::Status Succeed();

 private:
  explicit Predecessor(int socket) : socket_(socket) {}
  // One exchange: returns the content of a 200, and appends descriptors that come with it.
  [[nodiscard]] absl::StatusOr<std::string> Ask(std::string_view path, std::string_view form,
                                                std::vector<int>& descriptors);

  int socket_;
  int pid_ = 0;
};

}  // namespace stile

#endif  // STILE_SERVICE_PREDECESSOR_H_
