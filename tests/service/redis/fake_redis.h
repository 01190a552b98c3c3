#ifndef STILE_TESTS_SERVICE_REDIS_FAKE_REDIS_H_
#define STILE_TESTS_SERVICE_REDIS_FAKE_REDIS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "service/config.h"

namespace stile {

// A server on a loopback port that speaks enough of Redis's protocol to be asked about spends, and
// answers what a test makes it answer. One connection at a time.
class FakeRedis {
 public:
  using Words = std::vector<std::string>;
  // The bytes that answer a command; kHangUp: it closes instead.
  using Answer = std::function<std::string(const Words&)>;
  static const std::string kHangUp;

  // `spend` answers scripts about spends; all else is answered as a sound server would.
  explicit FakeRedis(Answer spend);
  ~FakeRedis();
  FakeRedis(const FakeRedis&) = delete;
  FakeRedis& operator=(const FakeRedis&) = delete;

  [[nodiscard]] SocketAddress address() const;
  [[nodiscard]] int connections() const { return connections_.load(); }
  [[nodiscard]] int loads() const { return loads_.load(); }

  // What INFO answers, in a reply of its own unless it begins with a reply's first character;
  // before anybody asks.
  std::string info;
  std::string opens = "opened";
  // Answers TIME and what is said about streams; before anybody asks.
  Answer stream;
  // What AUTH must say; null: anything.
  std::atomic<const char*> password{nullptr};
  // While set, it closes every connection that asks it anything.
  std::atomic<bool> away{false};
  // How long a WAIT takes, and how many there were.
  std::chrono::milliseconds wait_takes{0};
  std::atomic<int> waits{0};
  // While nothing else is asked: whether it is alive, how often, and if that has no answer.
  std::atomic<int> probes{0};
  std::atomic<bool> mute{false};

 private:
  void Serve();
  void ServeConnection(int socket);
  [[nodiscard]] std::string AnswerTo(const Words& words);

  Answer spend_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> loads_{0};
  std::thread thread_;
};

// "$5\r\nhello\r\n".
[[nodiscard]] std::string Bulk(const std::string& text);
// What the script answers: an epoch and letters.
[[nodiscard]] std::string SpendAnswered(std::uint32_t epoch, const std::string& letters);

}  // namespace stile

#endif  // STILE_TESTS_SERVICE_REDIS_FAKE_REDIS_H_
