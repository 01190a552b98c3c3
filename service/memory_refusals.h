#ifndef STILE_SERVICE_MEMORY_REFUSALS_H_
#define STILE_SERVICE_MEMORY_REFUSALS_H_

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <utility>

namespace stile {

// Which thread got no memory.
enum class MemoryPlace : std::uint8_t {
  kLoop = 0,      // An event loop: it lets one connection go.
  kOperator = 1,  // One that answers operators: a request to it has no answer.
  kMain = 2,      // The one that reloads: what serves serves on, what is due is tried again.
};
inline constexpr std::size_t kMemoryPlaceCount = 3;

// Counts that `place` got no memory for something. Of the whole process, as memory is. Any thread;
// needs no memory.
void NoteMemoryRefusal(MemoryPlace place) noexcept;
// How often that was so.
[[nodiscard]] std::uint64_t MemoryRefusals(MemoryPlace place) noexcept;
[[nodiscard]] std::uint64_t MemoryRefusals() noexcept;  // Of all places.

// Has `told` called by each but those of kMain, by its thread; it outlives all that may, and needs
// no memory. Null: nobody is told.
void OnMemoryRefusal(const std::function<void()>* told) noexcept;

// Runs `step`, which throws where there is no memory and for nothing else. False, and counted, if
// it did.
template <typename Step>
bool Attempt(MemoryPlace place, Step step) noexcept {
  try {
    step();
    return true;
  } catch (const std::exception&) {
    NoteMemoryRefusal(place);
    return false;
  }
}

// Runs `event`, something that happens to an event loop. If it finds no memory it ends there, and
// all others go on. What it was about has been let go by what threw, see Connection::Guard.
template <typename Event>
void ContainEvent(Event event) noexcept {
  Attempt(MemoryPlace::kLoop, std::move(event));
}

}  // namespace stile

#endif  // STILE_SERVICE_MEMORY_REFUSALS_H_
