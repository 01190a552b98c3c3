#include "bench/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace stile::bench {

// Values below 2^kPartBits have a bucket each; above, the bits behind the leading one choose it.
std::size_t LatencyHistogram::BucketOf(std::uint64_t nanoseconds) noexcept {
  if (nanoseconds >> kPartBits == 0) return static_cast<std::size_t>(nanoseconds);
  const int octave = std::bit_width(nanoseconds) - 1 - kPartBits;
  const std::size_t bucket = (static_cast<std::size_t>(octave) << kPartBits) +
                             static_cast<std::size_t>(nanoseconds >> octave);
  return std::min(bucket, kSize - 1);
}

std::uint64_t LatencyHistogram::GreatestOf(std::size_t bucket) noexcept {
  if (bucket >> kPartBits <= 1) return bucket;
  const std::size_t octave = (bucket >> kPartBits) - 1;
  const std::uint64_t part = bucket - (octave << kPartBits);
  return ((part + 1) << octave) - 1;
}

void LatencyHistogram::Add(std::uint64_t nanoseconds) noexcept {
  ++counts_[BucketOf(nanoseconds)];
  ++count_;
  sum_ += nanoseconds;
  max_ = std::max(max_, nanoseconds);
}

std::uint64_t LatencyHistogram::Quantile(double share) const noexcept {
  if (count_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kSize; ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank && seen != 0) return std::min(GreatestOf(bucket), max_);
  }
  return max_;
}

}  // namespace stile::bench
