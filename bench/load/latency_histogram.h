#ifndef STILE_BENCH_LOAD_LATENCY_HISTOGRAM_H_
#define STILE_BENCH_LOAD_LATENCY_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stile::bench {

// How often each duration was seen, in nanoseconds. Each power of two is cut into 128 parts, so
// that what comes out is at most 0.8 % above what went in, from a nanosecond to minutes. Adding is
// an increment; the memory is fixed.
class LatencyHistogram {
 public:
  LatencyHistogram() : counts_(kSize) {}

  void Add(std::uint64_t nanoseconds) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  [[nodiscard]] double mean() const noexcept {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  // The duration that `share`, from 0 to 1, of those seen don't exceed; 0 if there are none.
  [[nodiscard]] std::uint64_t Quantile(double share) const noexcept;

 private:
  static constexpr int kPartBits = 7;
  static constexpr int kOctaves = 40;
  static constexpr std::size_t kSize = std::size_t{kOctaves} << kPartBits;

  [[nodiscard]] static std::size_t BucketOf(std::uint64_t nanoseconds) noexcept;
  [[nodiscard]] static std::uint64_t GreatestOf(std::size_t bucket) noexcept;

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_LOAD_LATENCY_HISTOGRAM_H_
