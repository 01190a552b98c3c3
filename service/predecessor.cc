#include "service/predecessor.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "challenge/concat.h"
#include "service/handover_text.h"
#include "service/response_head.h"

namespace stile {
namespace {

constexpr timeval kPatience{90, 0};  // It may be in the middle of a reload.
constexpr std::size_t kMaxContent = 64 * 1024;

absl::Status Gone(std::string_view what) {
  return absl::UnavailableError(Concat(what, ": ", std::strerror(errno)));
}

// Whether whoever listens there is the user of this process, or root.
absl::Status CheckOwner(int socket) {
  ucred owner = {};
  socklen_t size = sizeof owner;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &owner, &size) != 0) {
    return Gone("its user is not known");
  }
  if (owner.uid == ::geteuid() || owner.uid == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(
      Concat("it is run by uid ", owner.uid, ": take over from it as that user"));
}

// Reads once. Descriptors that come along are appended; they close on exec.
ssize_t ReadSome(int socket, std::span<char> room, std::vector<int>& descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 253)> control;
  iovec bytes = {room.data(), room.size()};
  msghdr message = {};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return got;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const std::size_t before = descriptors.size();
    descriptors.resize(before + count);
    std::memcpy(descriptors.data() + before, CMSG_DATA(header), count * sizeof(int));
  }
  return got;
}

}  // namespace

Predecessor::Predecessor(Predecessor&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), pid_(other.pid_) {}

Predecessor& Predecessor::operator=(Predecessor&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(pid_, other.pid_);
  return *this;
}

Predecessor::~Predecessor() {
  if (socket_ >= 0) ::close(socket_);
}

absl::StatusOr<Predecessor> Predecessor::Reach(const std::string& path, InheritedSockets& sockets) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return absl::UnavailableError(
        "there is no control socket to take over from: set "
        "control.socket, or name it behind --take-over");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Predecessor old(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (old.socket_ < 0) return Gone("no socket");
  ::setsockopt(old.socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(old.socket_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  if (::connect(old.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Gone("nobody answers there: start it without --take-over");
  }
  if (absl::Status owner = CheckOwner(old.socket_); !owner.ok()) return owner;
  std::size_t total = 1;
  for (std::size_t have = 0; have < total;) {
    std::vector<int> descriptors;
    const auto content = old.Ask("/take-over", Concat("from=", have), descriptors);
    std::vector<bool> owns_file;
    absl::Status failed = content.status();
    if (content.ok()) {
      auto handover = HandoverText::Parse(*content);
      if (!handover || handover->owns_file.size() != descriptors.size()) {
        failed = absl::FailedPreconditionError(handover ? "descriptors were lost on the way"
                                                        : handover.error());
      } else {
        old.pid_ = handover->pid;
        total = handover->total;
        owns_file = std::move(handover->owns_file);
      }
    }
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      if (!failed.ok()) {
        ::close(descriptors[i]);
        continue;
      }
      auto socket = ListeningSocket::Adopt(descriptors[i], owns_file[i]);
      if (socket.ok()) {
        sockets.Add(*std::move(socket), "");
      } else {
        failed = socket.status();
      }
    }
    if (!failed.ok()) return failed;
    if (descriptors.empty()) break;
    have += descriptors.size();
  }
  return old;
}

absl::StatusOr<std::string> Predecessor::Ask(std::string_view path, std::string_view form,
                                             std::vector<int>& descriptors) {
  const std::string request = Concat(
      "POST ", path, " HTTP/1.1\r\nHost: stile\r\nContent-Length: ", form.size(), "\r\n\r\n", form);
  if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return Gone("it can't be asked");
  }
  std::string text;
  std::array<char, 4096> piece;
  ResponseHead head;
  while (text.size() < kMaxContent) {
    const ssize_t got = ReadSome(socket_, piece, descriptors);
    if (got == 0) errno = ECONNRESET;
    if (got <= 0) return Gone("it doesn't answer");
    text.append(piece.data(), static_cast<std::size_t>(got));
    const ResponseHead::Result read = head.Read(std::span(text.data(), text.size()), false);
    if (read.status == ResponseStatus::kNeedMore) continue;
    if (read.status != ResponseStatus::kComplete || head.framing() != ResponseFraming::kLength) {
      return absl::FailedPreconditionError("what answers there is no stiled");
    }
    if (text.size() - read.size < head.content_length()) continue;
    std::string content = text.substr(read.size, head.content_length());
    if (head.status() == 200) return content;
    while (!content.empty() && content.back() == '\n') content.pop_back();
    return absl::FailedPreconditionError(Concat("it answers ", head.status(), ": ", content));
  }
  return absl::FailedPreconditionError("what answers there is no stiled");
}

absl::Status Predecessor::Succeed() {
  std::vector<int> none;
  const absl::Status status = Ask("/succeed", "", none).status();
  for (const int descriptor : none) ::close(descriptor);
  return status;
}

}  // namespace stile
