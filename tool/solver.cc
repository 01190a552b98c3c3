#include "tool/solver.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "challenge/puzzle/hashwx_search.h"
#include "challenge/puzzle/hashwx_seed.h"
#include "challenge/puzzle/part_target.h"
#include "challenge/puzzle/sha256_search.h"

namespace stile {
namespace {

// Nonces between two looks around: a millisecond's.
constexpr std::uint64_t kSha256Chunk = std::uint64_t{1} << 15;
constexpr std::uint64_t kHashwxChunk = std::uint64_t{1} << 11;

// What the threads share. The first nonce of a part that is found wins.
class Board {
 public:
  Board(const SealedChallenge& challenge, std::size_t index)
      : alternative_(challenge.claimed_alternative(index)),
        tag_(challenge.tag()),
        id_(challenge.claimed_id()) {
    solution_.alternative = static_cast<std::uint8_t>(index);
    solution_.parts = alternative_.parts;
  }

  // One thread's work: until everything is solved or somebody has called Stop.
  void Work(std::size_t first_part) {
    if (alternative_.puzzle == Puzzle::kHashwx) {
      HashwxSearcher searcher;
      HashwxJob job{};
      HashwxPrefixMidstate(tag_.bytes.data(), id_.data(), solution_.alternative, job.midstate);
      WorkBy(first_part, kHashwxChunk, job,
             [&](const auto&... search) { return searcher.Search(search...); });
    } else {
      Sha256Job job{};
      Sha256PrefixMidstate(tag_.bytes.data(), id_.data(), solution_.alternative, job.midstate);
      WorkBy(first_part, kSha256Chunk, job,
             [](const auto&... search) { return SearchSha256(search...); });
    }
  }

  // Returns false once every part is solved or the work was stopped.
  bool WaitFor(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !finished_.wait_for(lock, time, [this] { return solved_ == alternative_.parts; });
  }

  void Stop() { stopped_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] SolverProgress Progress() {
    const std::lock_guard lock(mutex_);
    return {tried_.load(std::memory_order_relaxed), alternative_.effort, solved_,
            alternative_.parts};
  }

  [[nodiscard]] const Solution& solution() const { return solution_; }

 private:
  template <typename Job, typename Search>
  void WorkBy(std::size_t first_part, std::uint64_t chunk, Job job, Search search) {
    job.target = PartTarget(alternative_.effort, alternative_.parts);
    std::size_t part = first_part % alternative_.parts;
    while (!stopped_.load(std::memory_order_relaxed) && FindOpenPart(part)) {
      job.part = static_cast<std::uint32_t>(part);
      const std::uint64_t first = cursors_[part].fetch_add(chunk, std::memory_order_relaxed);
      std::uint64_t found = 0;
      std::uint64_t tried = 0;
      const bool solved = search(job, first, chunk, &found, &tried);
      tried_.fetch_add(tried, std::memory_order_relaxed);
      if (solved) Post(part, found);
    }
  }

  // Moves `part` to the next one that is not solved, itself included.
  bool FindOpenPart(std::size_t& part) const {
    for (std::size_t i = 0; i < alternative_.parts; ++i) {
      const std::size_t candidate = (part + i) % alternative_.parts;
      if (!done_[candidate].load(std::memory_order_acquire)) {
        part = candidate;
        return true;
      }
    }
    return false;
  }

  void Post(std::size_t part, std::uint64_t nonce) {
    const std::lock_guard lock(mutex_);
    if (done_[part].load(std::memory_order_relaxed)) return;
    solution_.nonces[part] = nonce;
    done_[part].store(true, std::memory_order_release);
    if (++solved_ == alternative_.parts) finished_.notify_all();
  }

  const Alternative alternative_;
  const Tag tag_;
  const TokenId id_;
  std::array<std::atomic<bool>, kMaxParts> done_{};
  std::array<std::atomic<std::uint64_t>, kMaxParts> cursors_{};
  std::atomic<std::uint64_t> tried_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable finished_;
  std::size_t solved_ = 0;
  Solution solution_;
};

}  // namespace

std::optional<Solution> SolveWork(const SealedChallenge& challenge, std::size_t index,
                                  unsigned threads,
                                  const std::function<bool(const SolverProgress&)>& report) {
  Board board(challenge, index);
  std::vector<std::jthread> workers;
  const unsigned count = std::max(1U, threads);
  workers.reserve(count);
  for (unsigned i = 0; i < count; ++i) workers.emplace_back([&board, i] { board.Work(i); });
  bool wanted = true;
  while (board.WaitFor(std::chrono::milliseconds{200})) {
    wanted = report(board.Progress());
    if (!wanted) break;
  }
  board.Stop();
  workers.clear();  // Joins.
  if (!wanted) return std::nullopt;
  report(board.Progress());
  return board.solution();
}

}  // namespace stile
