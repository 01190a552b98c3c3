#ifndef STILE_TESTS_SIMULATION_INTERLEAVING_H_
#define STILE_TESTS_SIMULATION_INTERLEAVING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace stile::simulation {

// Runs several processes' work on one thread, one access to a shared word at a time, in an order
// that its caller chooses. Work that isn't let go on is a process that was killed there: it never
// runs again, and nothing of it is undone.
class Interleaving {
 public:
  using Work = std::function<void()>;

  static constexpr std::size_t kMostProcesses = 4;

  Interleaving();
  ~Interleaving();
  Interleaving(const Interleaving&) = delete;
  Interleaving& operator=(const Interleaving&) = delete;

  // Puts down the next process's work. At most kMostProcesses until Clear.
  void Add(Work work);
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool Ended(std::size_t process) const noexcept;
  // Lets it go up to its next access to a shared word, or to its end.
  void Advance(std::size_t process);
  // Leaves what hasn't ended where it stands.
  void Clear() noexcept { size_ = 0; }

 private:
  struct Process;
  static void Enter();
  static void Pause();

  std::vector<std::unique_ptr<Process>> processes_;
  std::size_t size_ = 0;
};

// Tries every order in which the accesses of some processes can follow each other, with at most
// `switches` changes of process that no end forces; each order from the start.
class EveryOrder {
 public:
  explicit EveryOrder(std::size_t switches) noexcept : switches_(switches) {}

  // Takes `interleaving`, on which the work has just been put down anew, through the next order.
  // Returns false when that was the last.
  bool Run(Interleaving& interleaving);

 private:
  struct Choice {
    std::size_t taken;
    std::size_t of;
  };
  std::size_t Choose(std::size_t of);

  std::size_t switches_;
  std::vector<Choice> choices_;
  std::size_t depth_ = 0;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_INTERLEAVING_H_
