#ifndef STILE_TESTS_SIMULATION_AGENDA_H_
#define STILE_TESTS_SIMULATION_AGENDA_H_

#include <cstdint>
#include <functional>
#include <vector>

namespace stile::simulation {

// A point of the simulation's own time, and a span of it, in microseconds.
using Instant = std::uint64_t;
using Span = std::uint64_t;

inline constexpr Span kMillisecond = 1000;
inline constexpr Span kSecond = 1000 * kMillisecond;

// What is yet to happen, in the order of its time; things of one time happen in the order in which
// they were put down. Time moves only by taking the next of them.
class Agenda {
 public:
  using Deed = std::function<void()>;

  [[nodiscard]] Instant now() const noexcept { return now_; }
  void At(Instant when, Deed deed);
  void After(Span span, Deed deed) { At(now_ + span, std::move(deed)); }

  // Does everything that is due before `end`, then it is `end`. Returns the number of deeds done.
  std::uint64_t RunUntil(Instant end);

 private:
  struct Entry {
    Instant when;
    std::uint64_t order;
    Deed deed;
  };
  static bool Later(const Entry& a, const Entry& b) noexcept;

  Instant now_ = 0;
  std::uint64_t order_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_AGENDA_H_
