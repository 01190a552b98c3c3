#ifndef STILE_ENGINE_ADMISSION_TRAFFIC_SAMPLE_H_
#define STILE_ENGINE_ADMISSION_TRAFFIC_SAMPLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/admission/request_sample.h"
#include "verifier/gate.h"
#include "verifier/request.h"

namespace stile {

// Some of the requests that one worker has decided about lately, for candidates to be tried on. One
// thread writes, any may read. Does not allocate, lock or read a clock; about 200 KiB.
//
// There is a place for each kind of client, so that a flood of one kind never pushes out what the
// others did. Until a kind's place is full each request of it is kept, then one in kEvery.
class TrafficSample {
 public:
  enum class Kind : std::uint8_t {
    kCleared = 0,  // A clearance let it pass.
    kPassed = 1,   // It passed without one.
    kRefused = 2,  // It was challenged or denied.
  };
  static constexpr std::size_t kKinds = 3;
  static constexpr std::uint32_t kEvery = 64;
  static constexpr std::array<std::size_t, kKinds> kPlaces = {128, 64, 64};

  TrafficSample() noexcept = default;
  TrafficSample(const TrafficSample&) = delete;
  TrafficSample& operator=(const TrafficSample&) = delete;

  // True if a request that was decided so shall be taken: the hot path's part, a comparison and a
  // count. For its writer.
  [[nodiscard]] bool IsDue(const Decision& decision) noexcept {
    if (decision.action == Action::kServe) return false;
    return --left_[static_cast<std::size_t>(KindOf(decision))] == 0;
  }
  // Takes it, if it fits in a RequestSample. For its writer, after IsDue.
  void Take(const Request& request, const Decision& decision, std::uint32_t pinned_site) noexcept;

  // Appends a copy of every sample to `samples`, but for those that change meanwhile.
  void AppendTo(std::vector<RequestSample>& samples) const;

  [[nodiscard]] static Kind KindOf(const Decision& decision) noexcept {
    if (decision.action != Action::kAllow) return Kind::kRefused;
    return decision.rank_held != 0 || decision.by_grace ? Kind::kCleared : Kind::kPassed;
  }

 private:
  static constexpr std::size_t kPlaceCount = kPlaces[0] + kPlaces[1] + kPlaces[2];
  static constexpr std::size_t kWords = (sizeof(RequestSample) + 7) / 8;

  // One sample, in words that may be read while they are written. `version` is odd meanwhile and 0
  // before the first. Every word is released and acquired: whoever reads a new word also sees that
  // the version has moved on since.
  struct Place {
    std::atomic<std::uint32_t> version{0};
    std::array<std::atomic<std::uint64_t>, kWords> words{};
  };
  void Write(Place& place, const RequestSample& sample) noexcept;
  [[nodiscard]] static bool Read(const Place& place, RequestSample& sample) noexcept;

  std::array<std::uint32_t, kKinds> left_ = {1, 1, 1};   // Requests to the next one that is due.
  std::array<std::uint32_t, kKinds> taken_ = {0, 0, 0};  // How many have been taken.
  std::array<Place, kPlaceCount> places_;
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_TRAFFIC_SAMPLE_H_
