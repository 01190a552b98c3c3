#ifndef STILE_TESTS_SIMULATION_STEPPED_ATOMIC_H_
#define STILE_TESTS_SIMULATION_STEPPED_ATOMIC_H_

#include <atomic>

namespace stile::simulation {

// Called before each access to a shared word, if set: the points at which processes can get in each
// other's way, and between which one can be killed.
extern void (*before_access)();

inline void Step() {
  if (before_access != nullptr) before_access();
}

}  // namespace stile::simulation

// The shared tables reach their words through std::atomic_ref. The sources that are to be stepped
// are compiled with that name replaced by this one's, which has to be found in the same place.
namespace std {

template <typename T>
class stepped_atomic_ref {  // NOLINT(readability-identifier-naming): stands in for atomic_ref.
 public:
  static constexpr bool is_always_lock_free = std::atomic_ref<T>::is_always_lock_free;

  explicit stepped_atomic_ref(T& word) : word_(word) {}

  T load(memory_order order = memory_order_seq_cst) const noexcept {
    stile::simulation::Step();
    return word_.load(order);
  }
  void store(T value, memory_order order = memory_order_seq_cst) const noexcept {
    stile::simulation::Step();
    word_.store(value, order);
  }
  T exchange(T value, memory_order order = memory_order_seq_cst) const noexcept {
    stile::simulation::Step();
    return word_.exchange(value, order);
  }
  T fetch_add(T value, memory_order order = memory_order_seq_cst) const noexcept {
    stile::simulation::Step();
    return word_.fetch_add(value, order);
  }
  T fetch_or(T value, memory_order order = memory_order_seq_cst) const noexcept {
    stile::simulation::Step();
    return word_.fetch_or(value, order);
  }
  T fetch_and(T value, memory_order order = memory_order_seq_cst) const noexcept {
    stile::simulation::Step();
    return word_.fetch_and(value, order);
  }
  bool compare_exchange_strong(T& expected, T desired,
                               memory_order order = memory_order_seq_cst) const noexcept {
    stile::simulation::Step();
    return word_.compare_exchange_strong(expected, desired, order);
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order success,
                               memory_order failure) const noexcept {
    stile::simulation::Step();
    return word_.compare_exchange_strong(expected, desired, success, failure);
  }
  // Never fails without a reason, so that a run is decided by its seed.
  bool compare_exchange_weak(T& expected, T desired,
                             memory_order order = memory_order_seq_cst) const noexcept {
    return compare_exchange_strong(expected, desired, order);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order success,
                             memory_order failure) const noexcept {
    return compare_exchange_strong(expected, desired, success, failure);
  }

 private:
  std::atomic_ref<T> word_;
};

}  // namespace std

#endif  // STILE_TESTS_SIMULATION_STEPPED_ATOMIC_H_
