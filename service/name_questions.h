#ifndef STILE_SERVICE_NAME_QUESTIONS_H_
#define STILE_SERVICE_NAME_QUESTIONS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "challenge/ip_address.h"

namespace stile {

// Whose reverse DNS to ask for: an address, and Policy::AgentKey of whom it claims to be.
struct NameQuestion {
  IpAddress address;
  std::uint64_t agent;
};

// Where event loops leave questions for the thread that asks a resolver. Of fixed size: what
// doesn't fit is dropped and counted, and the client's next request asks again.
class NameQuestions {
 public:
  static constexpr std::size_t kRoom = 1'024;

  // Makes the descriptor that wakes the other thread. Throws std::system_error if there is none.
  NameQuestions();
  ~NameQuestions();
  NameQuestions(const NameQuestions&) = delete;
  NameQuestions& operator=(const NameQuestions&) = delete;

  // Leaves a question. Never waits: if there is no room, or the other side is busy here, the
  // question is dropped. A system call only if nothing was waiting. Any thread.
  void Put(const NameQuestion& question) noexcept;

  // Takes the oldest. For one thread.
  [[nodiscard]] std::optional<NameQuestion> Take() noexcept;

  // Readable, and then to be read, when something was put where nothing was waiting, or Wake was
  // called.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  void Wake() noexcept;
  void Heed() noexcept;  // Makes it unreadable until the next time.

  // What became of the questions. Anyone reads it; `dropped` is counted here, the rest by whoever
  // answers.
  struct Totals {
    std::atomic<std::uint64_t> confirmed{0};
    std::atomic<std::uint64_t> refuted{0};
    std::atomic<std::uint64_t> failed{0};   // No answer, or an error.
    std::atomic<std::uint64_t> dropped{0};  // Never asked.
    std::atomic<std::uint64_t> in_flight{0};
  };
  [[nodiscard]] Totals& totals() noexcept { return totals_; }
  [[nodiscard]] const Totals& totals() const noexcept { return totals_; }

 private:
  int descriptor_;
  Totals totals_;
  std::mutex mutex_;  // Of everything below; request loops only ever try it.
  std::array<std::optional<NameQuestion>, kRoom> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace stile

#endif  // STILE_SERVICE_NAME_QUESTIONS_H_
