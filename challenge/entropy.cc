#include "challenge/entropy.h"

#include <pthread.h>
#include <sodium.h>
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "challenge/secret_bytes.h"

namespace stile {
namespace {

// How many forks lie between this process and the one that loaded the library. A child runs the
// handler before fork() returns in it, so a generator sees it by reading one word.
std::atomic<std::uint64_t> fork_count{0};

void CountFork() noexcept { fork_count.fetch_add(1, std::memory_order_relaxed); }

// False if forks can't be noticed; then no randomness is given.
bool WatchForks() noexcept {
  static const bool watching = pthread_atfork(nullptr, nullptr, CountFork) == 0;
  return watching;
}

}  // namespace

Entropy::~Entropy() {
  Wipe(key_);
  Wipe(pool_);
}

bool Entropy::Fill(std::span<std::uint8_t> out) noexcept {
  if (seeded_ && fork_count_ != fork_count.load(std::memory_order_relaxed)) seeded_ = false;
  if (!seeded_) left_ = 0;
  std::size_t done = 0;
  while (done < out.size()) {
    if (left_ == 0 && !Refill()) {
      Wipe(out);
      return false;
    }
    const std::size_t count = std::min(left_, out.size() - done);
    std::uint8_t* from = pool_.data() + (pool_.size() - left_);
    std::memcpy(out.data() + done, from, count);
    Wipe({from, count});  // What was given once is nowhere left to be found.
    left_ -= count;
    done += count;
  }
  return true;
}

bool Entropy::Refill() noexcept {
  if (!seeded_) {
    if (!WatchForks()) return false;
    fork_count_ = fork_count.load(std::memory_order_relaxed);
    if (getentropy(key_.data(), key_.size()) != 0) return false;
    seeded_ = true;
  }
  // The key is used for one stream only, whose beginning is the next key: the nonce may stay 0.
  constexpr std::array<std::uint8_t, crypto_stream_chacha20_NONCEBYTES> kNonce{};
  std::array<std::uint8_t, 512> stream;
  static_assert(sizeof key_ + sizeof pool_ == sizeof stream);
  static_assert(sizeof key_ == crypto_stream_chacha20_KEYBYTES);
  crypto_stream_chacha20(stream.data(), stream.size(), kNonce.data(), key_.data());
  std::memcpy(key_.data(), stream.data(), key_.size());
  std::memcpy(pool_.data(), stream.data() + key_.size(), pool_.size());
  left_ = pool_.size();
  Wipe(stream);
  return true;
}

}  // namespace stile
