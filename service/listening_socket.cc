#include "service/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
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

// What a client's socket inherits from this one need not be set for each.
void SetInherited(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void SetTcpOptions(int descriptor, int family) {
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  SetInherited(descriptor);
  // An address of one family means that family; "0.0.0.0" may be listened on beside "[::]".
  if (family == AF_INET6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
}

// Where a socket is bound; false if that is neither TCP nor a path.
bool ReadBoundAddress(int descriptor, SocketAddress& out) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return false;
  char host[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof(v4));
    out.port = ntohs(v4.sin_port);
    out.host = inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
    return true;
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof(v6));
    out.port = ntohs(v6.sin6_port);
    out.host = inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
    return true;
  }
  if (storage.ss_family != AF_UNIX || size <= offsetof(sockaddr_un, sun_path)) return false;
  sockaddr_un local{};
  std::memcpy(&local, &storage, std::min<std::size_t>(size, sizeof(local)));
  const std::size_t room = size - offsetof(sockaddr_un, sun_path);
  out.is_unix = true;
  out.path.assign(local.sun_path, strnlen(local.sun_path, std::min(room, sizeof(local.sun_path))));
  return !out.path.empty();  // An abstract name is no path.
}

int OptionOf(int descriptor, int option) {
  int value = 0;
  socklen_t size = sizeof(value);
  return getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : 0;
}

bool SameFile(const std::string& a, const std::string& b) {
  if (a == b) return true;
  struct stat left;
  struct stat right;
  return stat(a.c_str(), &left) == 0 && stat(b.c_str(), &right) == 0 &&
         left.st_dev == right.st_dev && left.st_ino == right.st_ino;
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
  } else {
    SetTcpOptions(descriptor, family);
  }
  if (bind(descriptor, bindable.get(), bindable.size) != 0) {
    return Failure(address, "bind", errno);
  }
  result.owns_file_ = address.is_unix;  // Not ours to remove until it is bound.
  if (address.is_unix) {
    if (absl::Status status = OpenToOthers(address); !status.ok()) return status;
  }
  if (listen(descriptor, kBacklog) != 0) return Failure(address, "listen on", errno);
  SocketAddress bound;
  if (!address.is_unix && ReadBoundAddress(descriptor, bound)) result.address_.port = bound.port;
  return result;
}

absl::StatusOr<ListeningSocket> ListeningSocket::Adopt(int descriptor, bool with_file) {
  ListeningSocket result(descriptor, {});
  if (OptionOf(descriptor, SO_TYPE) != SOCK_STREAM || OptionOf(descriptor, SO_ACCEPTCONN) == 0 ||
      !ReadBoundAddress(descriptor, result.address_)) {
    return absl::InvalidArgumentError("it is no stream socket that listens on TCP or a path");
  }
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
    return Failure(result.address_, "take over", errno);
  }
  if (!result.address_.is_unix) SetInherited(descriptor);
  result.with_file_ = with_file && result.address_.is_unix;
  return result;
}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ < 0) return;
  if (owns_file_) unlink(address_.path.c_str());  // First: whoever comes then finds no one.
  close(descriptor_);
}

int ListeningSocket::Duplicate() const { return fcntl(descriptor_, F_DUPFD_CLOEXEC, 0); }

bool ListeningSocket::ListensOn(const SocketAddress& address) const {
  if (address.is_unix != address_.is_unix) return false;
  if (address.is_unix) return SameFile(address.path, address_.path);
  Bindable wanted;
  Bindable bound;
  return address.port != 0 && ReadTcpAddress(address, wanted) && ReadTcpAddress(address_, bound) &&
         wanted.size == bound.size &&
         std::memcmp(&wanted.storage, &bound.storage, wanted.size) == 0;
}

absl::Status ListeningSocket::UseRights(const SocketAddress& address) const {
  return with_file_ ? OpenToOthers(address) : absl::OkStatus();
}

}  // namespace stile
