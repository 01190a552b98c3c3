#include "service/inherited_sockets.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "challenge/concat.h"

namespace stile {
namespace {

constexpr int kFirst = 3;
constexpr int kMost = 1'024;

std::optional<int> NumberOf(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits = text;
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// The text up to the next colon, which is taken off.
std::string NextName(std::string_view& names) {
  const std::string name(names.substr(0, names.find(':')));
  names.remove_prefix(std::min(name.size() + 1, names.size()));
  return name;
}

}  // namespace

InheritedSockets InheritedSockets::FromEnvironment() {
  InheritedSockets sockets;
  const std::optional<int> process = NumberOf("LISTEN_PID");
  const std::optional<int> count = NumberOf("LISTEN_FDS");
  const char* text = std::getenv("LISTEN_FDNAMES");
  std::string_view names = text == nullptr ? std::string_view() : text;
  if (process == ::getpid() && count && *count > 0 && *count <= kMost) {
    for (int i = 0; i < *count; ++i) {
      std::string name = NextName(names);
      auto socket = ListeningSocket::Adopt(kFirst + i, false);
      if (socket.ok()) {
        sockets.Add(*std::move(socket), std::move(name));
      } else {
        sockets.mistakes_.push_back(Concat("descriptor ", kFirst + i, " (", name,
                                           "): ", std::string(socket.status().message())));
      }
    }
  }
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  return sockets;
}

void InheritedSockets::Add(ListeningSocket socket, std::string name) {
  sockets_.push_back({std::move(socket), std::move(name)});
}

std::vector<ListeningSocket> InheritedSockets::Take(const SocketAddress& address) {
  const auto taken =
      std::stable_partition(sockets_.begin(), sockets_.end(),
                            [&](const Named& held) { return !held.socket.ListensOn(address); });
  std::vector<ListeningSocket> result;
  for (auto at = taken; at != sockets_.end(); ++at) result.push_back(std::move(at->socket));
  sockets_.erase(taken, sockets_.end());
  return result;
}

std::vector<std::string> InheritedSockets::Unused() const {
  std::vector<std::string> unused = mistakes_;
  for (const Named& held : sockets_) {
    unused.push_back(
        Concat(ToString(held.socket.address()), held.name.empty() ? "" : " ", held.name));
  }
  return unused;
}

void InheritedSockets::Clear(bool remove_files) {
  for (Named& held : sockets_) {
    if (remove_files) held.socket.InheritFile();
  }
  sockets_.clear();
}

}  // namespace stile
