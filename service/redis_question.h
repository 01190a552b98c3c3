#ifndef STILE_SERVICE_REDIS_QUESTION_H_
#define STILE_SERVICE_REDIS_QUESTION_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "service/spend_desk.h"
#include "verifier/spend_store.h"

namespace stile {

struct RedisQuestion {
  SpendQuestion question;
  SpendReceiver* receiver = nullptr;  // Outlives the answer.
  std::uint64_t ticket = 0;
  std::chrono::steady_clock::time_point asked;
};

// Questions on their way from any thread to the one that asks the store. Of fixed size; neither
// side ever waits for the other, and neither allocates.
class RedisQuestionQueue {
 public:
  // `room` is rounded up to a power of two, at least 64.
  explicit RedisQuestionQueue(std::size_t room);

  // Returns whether there was room.
  [[nodiscard]] bool Put(const RedisQuestion& question) noexcept;
  // For one thread. Returns whether one was there.
  [[nodiscard]] bool Take(RedisQuestion& question) noexcept;
  [[nodiscard]] bool empty() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  // A cell may be written in turn `turn` and read in turn `turn` + 1.
  struct alignas(64) Cell {
    std::atomic<std::size_t> turn{0};
    RedisQuestion question;
  };
  std::size_t mask_;
  std::unique_ptr<Cell[]> cells_;
  alignas(64) std::atomic<std::size_t> put_{0};
  alignas(64) std::atomic<std::size_t> taken_{0};
};

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_QUESTION_H_
