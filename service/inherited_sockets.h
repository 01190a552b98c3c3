#ifndef STILE_SERVICE_INHERITED_SOCKETS_H_
#define STILE_SERVICE_INHERITED_SOCKETS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "service/config.h"
#include "service/listening_socket.h"

namespace stile {

// Listening sockets that were open before this process needed them: the service manager's, or those
// of the stiled that it takes over from. A listener whose address one of them has uses it instead
// of a new one, so that no client who waits in its queue is lost. Belongs to one thread.
class InheritedSockets {
 public:
  // Those of systemd's socket activation, as sd_listen_fds(3) describes it: $LISTEN_FDS
  // descriptors from 3 on if $LISTEN_PID is this process, called $LISTEN_FDNAMES. Their files are
  // never removed. Forgets the variables: no child may take them for its own.
  [[nodiscard]] static InheritedSockets FromEnvironment();

  void Add(ListeningSocket socket, std::string name);

  // Takes all that listen on `address`; none: empty.
  [[nodiscard]] std::vector<ListeningSocket> Take(const SocketAddress& address);

  // What to tell the operator: each socket that nobody took, and each descriptor that is none.
  [[nodiscard]] std::vector<std::string> Unused() const;

  [[nodiscard]] std::size_t size() const noexcept { return sockets_.size(); }
  // Closes what is left. `remove_files`: and removes the files that come with it, since whoever
  // handed it over has left them.
  void Clear(bool remove_files);

 private:
  struct Named {
    ListeningSocket socket;
    std::string name;
  };
  std::vector<Named> sockets_;
  std::vector<std::string> mistakes_;
};

}  // namespace stile

#endif  // STILE_SERVICE_INHERITED_SOCKETS_H_
