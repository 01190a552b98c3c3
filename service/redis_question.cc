#include "service/redis_question.h"

#include <algorithm>
#include <bit>

namespace stile {

RedisQuestionQueue::RedisQuestionQueue(std::size_t room)
    : mask_(std::bit_ceil(std::max<std::size_t>(room, 64)) - 1),
      cells_(std::make_unique<Cell[]>(mask_ + 1)) {
  for (std::size_t i = 0; i <= mask_; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
}

bool RedisQuestionQueue::Put(const RedisQuestion& question) noexcept {
  std::size_t at = put_.load(std::memory_order_relaxed);
  while (true) {
    Cell& cell = cells_[at & mask_];
    const std::size_t turn = cell.turn.load(std::memory_order_acquire);
    if (turn == at) {
      if (!put_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
      cell.question = question;
      cell.turn.store(at + 1, std::memory_order_seq_cst);
      return true;
    }
    if (turn < at) return false;  // What was put there a round ago has not been taken.
    at = put_.load(std::memory_order_relaxed);
  }
}

bool RedisQuestionQueue::Take(RedisQuestion& question) noexcept {
  const std::size_t at = taken_.load(std::memory_order_relaxed);
  Cell& cell = cells_[at & mask_];
  if (cell.turn.load(std::memory_order_seq_cst) != at + 1) return false;
  question = cell.question;
  cell.turn.store(at + mask_ + 1, std::memory_order_release);
  taken_.store(at + 1, std::memory_order_relaxed);
  return true;
}

bool RedisQuestionQueue::empty() const noexcept {
  const std::size_t at = taken_.load(std::memory_order_relaxed);
  return cells_[at & mask_].turn.load(std::memory_order_seq_cst) != at + 1;
}

std::size_t RedisQuestionQueue::size() const noexcept {
  const std::size_t taken = taken_.load(std::memory_order_relaxed);
  const std::size_t put = put_.load(std::memory_order_relaxed);
  return put > taken ? put - taken : 0;
}

}  // namespace stile
