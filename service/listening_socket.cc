#include "service/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "service/group_id.h"

namespace stile {
namespace {

constexpr int kBacklog = 4096;

absl::Status Failure(const SocketAddress& address, const char* what, int error) {
  return absl::UnavailableError(absl::StrCat("cannot ", what, " ", ToString(address), ": ",
                                             std::generic_category().message(error)));
}

struct Bindable {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <typename Address>
Bindable MakeBindable(const Address& address) {
  Bindable bindable;
  std::memcpy(&bindable.storage, &address, sizeof(address));
  bindable.size = sizeof(address);
  return bindable;
}

bool ReadTcpAddress(const SocketAddress& address, Bindable& out) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  if (inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    out = MakeBindable(v4);
    return true;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  if (inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) != 1) return false;
  out = MakeBindable(v6);
  return true;
}

bool ReadUnixAddress(const SocketAddress& address, Bindable& out) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (address.path.empty() || address.path.size() >= sizeof(local.sun_path)) return false;
  std::memcpy(local.sun_path, address.path.data(), address.path.size());
  out = MakeBindable(local);
  return true;
}

// Removes the socket file of a process that is gone. Leaves anything else alone.
void RemoveDeadSocket(const SocketAddress& address, const Bindable& bindable) {
  struct stat file;
  if (lstat(address.path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return;
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return;
  const bool dead = connect(probe, bindable.get(), bindable.size) != 0 && errno == ECONNREFUSED;
  close(probe);
  if (dead) unlink(address.path.c_str());
}

// Lets those connect to a bound unix socket who may.
absl::Status OpenToOthers(const SocketAddress& address) {
  const char* path = address.path.c_str();
  if (!address.socket_group.empty()) {
    const auto id = FindGroup(address.socket_group);
    if (!id) {
      return absl::FailedPreconditionError(absl::StrCat("there is no group ", address.socket_group,
                                                        " for the socket ", ToString(address)));
    }
    struct stat file;
    const bool set = lstat(path, &file) == 0 && file.st_gid == *id;
    if (!set && lchown(path, static_cast<uid_t>(-1), *id) != 0) {
      return Failure(address, "set the group of", errno);
    }
  }
  if (chmod(path, address.socket_mode) != 0) return Failure(address, "set the mode of", errno);
  return absl::OkStatus();
}

void SetTcpOptions(int descriptor, int family) {
  const int on = 1;
  // What a client's socket inherits from this one need not be set for each.
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // An address of one family means that family; "0.0.0.0" may be listened on beside "[::]".
  if (family == AF_INET6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
}

std::uint16_t PortOf(int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof(v4));
    return ntohs(v4.sin_port);
  }
  sockaddr_in6 v6;
  std::memcpy(&v6, &storage, sizeof(v6));
  return ntohs(v6.sin6_port);
}

}  // namespace

absl::StatusOr<ListeningSocket> ListeningSocket::Open(const SocketAddress& address) {
  Bindable bindable;
  if (!(address.is_unix ? ReadUnixAddress(address, bindable) : ReadTcpAddress(address, bindable))) {
    return Failure(address, "listen on", EINVAL);
  }
  const int family = bindable.storage.ss_family;
  const int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return Failure(address, "open a socket for", errno);
  ListeningSocket result(descriptor, address);
  if (address.is_unix) {
    RemoveDeadSocket(address, bindable);
    fchmod(descriptor, S_IRUSR | S_IWUSR);  // What bind gives the file, until it has its group.
    result.address_.path.clear();           // Not ours to remove until it is bound.
  } else {
    SetTcpOptions(descriptor, family);
  }
  if (bind(descriptor, bindable.get(), bindable.size) != 0) {
    return Failure(address, "bind", errno);
  }
  result.address_.path = address.path;
  if (address.is_unix) {
    if (absl::Status status = OpenToOthers(address); !status.ok()) return status;
  }
  if (listen(descriptor, kBacklog) != 0) return Failure(address, "listen on", errno);
  if (!address.is_unix) result.address_.port = PortOf(descriptor);
  return result;
}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  if (address_.is_unix && !address_.path.empty()) unlink(address_.path.c_str());
}

int ListeningSocket::Duplicate() const { return fcntl(descriptor_, F_DUPFD_CLOEXEC, 0); }

}  // namespace stile
