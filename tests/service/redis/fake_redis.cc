#include "tests/service/redis/fake_redis.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>

#include "challenge/concat.h"
#include "service/redis_scripts.h"

namespace stile {
namespace {

// Takes one command off the front of `bytes`, if a whole one is there.
std::optional<FakeRedis::Words> TakeCommand(std::string& bytes) {
  std::size_t at = 0;
  const auto number = [&](char kind) -> std::optional<std::size_t> {
    const std::size_t end = bytes.find("\r\n", at);
    if (end == std::string::npos || bytes[at] != kind) return std::nullopt;
    const auto value = static_cast<std::size_t>(std::atol(bytes.c_str() + at + 1));
    at = end + 2;
    return value;
  };
  const auto count = number('*');
  if (!count) return std::nullopt;
  FakeRedis::Words words;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto size = at < bytes.size() ? number('$') : std::nullopt;
    if (!size || bytes.size() < at + *size + 2) return std::nullopt;
    words.push_back(bytes.substr(at, *size));
    at += *size + 2;
  }
  bytes.erase(0, at);
  return words;
}

}  // namespace

const std::string FakeRedis::kHangUp = "hang up";

std::string Bulk(const std::string& text) { return Concat("$", text.size(), "\r\n", text, "\r\n"); }

std::string SpendAnswered(std::uint32_t epoch, const std::string& letters) {
  return Concat("*2\r\n:", epoch, "\r\n", Bulk(letters));
}

FakeRedis::FakeRedis(Answer spend)
    : info(Concat("redis_version:7.0.15\r\nserver_time_usec:",
                  std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count(),
                  "\r\nrole:master\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n")),
      spend_(std::move(spend)) {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listening_, 16) != 0 ||
      ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

FakeRedis::~FakeRedis() {
  ending_.store(true);
  thread_.join();
  ::close(listening_);
}

SocketAddress FakeRedis::address() const {
  SocketAddress address;
  address.host = "127.0.0.1";
  address.port = port_;
  return address;
}

void FakeRedis::Serve() {
  while (!ending_.load()) {
    pollfd waiting = {listening_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    connections_.fetch_add(1);
    ServeConnection(socket);
    ::close(socket);
  }
}

void FakeRedis::ServeConnection(int socket) {
  std::string bytes;
  while (!ending_.load()) {
    pollfd waiting = {socket, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    char piece[4096];
    const ssize_t got = ::recv(socket, piece, sizeof piece, 0);
    if (got <= 0) return;
    bytes.append(piece, static_cast<std::size_t>(got));
    while (const auto words = TakeCommand(bytes)) {
      const std::string answer = AnswerTo(*words);
      if (answer == kHangUp) return;
      if (!answer.empty() && ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) {
        return;
      }
    }
  }
}

std::string FakeRedis::AnswerTo(const Words& words) {
  if (away.load()) return kHangUp;
  if (words[0] == "AUTH") {
    const char* expected = password.load();
    const bool right = expected == nullptr || words.back() == expected;
    return right ? "+OK\r\n" : "-WRONGPASS invalid username-password pair\r\n";
  }
  if (words[0] == "INFO") return info[0] == '*' || info[0] == '-' ? info : Bulk(info);
  if (words[0] == "TIME" || words[0][0] == 'X' || words[0] == "PEXPIRE") {
    return stream ? stream(words) : "-ERR unknown command\r\n";
  }
  if (words[0] == "EXISTS") {
    ++probes;
    return mute.load() ? "" : ":1\r\n";
  }
  if (words[0] == "WAIT") {
    std::this_thread::sleep_for(wait_takes);
    ++waits;
    return ":0\r\n";
  }
  if (words[0] == "SCRIPT") {
    // Names by the script's number: 0 adopt, 1 open, 2 spend, 3 attempt. A connection that broke
    // while it loaded them leaves the next one none of its names.
    loads_.fetch_add(1);
    for (std::size_t number = 0; number < kRedisScriptCount; ++number) {
      if (words[2] != RedisScriptText(static_cast<RedisScript>(number))) continue;
      return Bulk(Concat(number, std::string(39, 'a')));
    }
    return "-ERR no script of ours\r\n";
  }
  if (words[1][0] == '0') return ":100\r\n";
  if (words[1][0] == '1') return Bulk(opens);
  return spend_(words);
}

}  // namespace stile
