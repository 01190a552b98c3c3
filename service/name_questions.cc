#include "service/name_questions.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stile {

NameQuestions::NameQuestions() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

NameQuestions::~NameQuestions() { ::close(descriptor_); }

void NameQuestions::Put(const NameQuestion& question) noexcept {
  bool first = false;
  {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock() || count_ == kRoom) {
      totals_.dropped.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    ring_[(first_ + count_) % kRoom] = question;
    first = count_++ == 0;
  }
  if (first) Wake();
}

std::optional<NameQuestion> NameQuestions::Take() noexcept {
  const std::lock_guard lock(mutex_);
  if (count_ == 0) return std::nullopt;
  const std::optional<NameQuestion> question = ring_[first_];
  first_ = (first_ + 1) % kRoom;
  --count_;
  return question;
}

void NameQuestions::Wake() noexcept {
  const std::uint64_t one = 1;
  // It fails where the descriptor is readable already.
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

void NameQuestions::Heed() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(descriptor_, &count, sizeof count);
}

}  // namespace stile
