#ifndef STILE_BENCH_FLOOD_ORIGIN_MODEL_H_
#define STILE_BENCH_FLOOD_ORIGIN_MODEL_H_

#include <algorithm>

namespace stile::bench {

// A website that serves `capacity` requests a second. What comes beyond waits in a queue, and
// what finds the queue full gets a 5xx. A request takes `latency` where nobody else asks, and
// longer with the load as in a queue of random arrivals.
class OriginModel {
 public:
  struct Options {
    double capacity = 4'000;   // Requests a second.
    double latency = 0.05;     // Seconds.
    double queue_seconds = 2;  // As much work as may wait.
  };

  explicit OriginModel(const Options& options) noexcept : options_(options) {}

  // `requests` arrive within `seconds`.
  void Serve(double requests, double seconds) noexcept {
    const double can = options_.capacity * seconds;
    const double room = options_.capacity * options_.queue_seconds;
    const double waiting = queue_ + requests;
    served_ = std::min(waiting, can);
    failed_ = std::max(0.0, waiting - served_ - room);
    queue_ = waiting - served_ - failed_;
    error_share_ = requests > 0 ? std::min(1.0, failed_ / requests) : 0;
    const double load = std::min(0.95, served_ / can);
    latency_ = options_.latency / (1 - load) + queue_ / options_.capacity;
  }

  // Of the last call of Serve.
  [[nodiscard]] double served() const noexcept { return served_; }
  [[nodiscard]] double failed() const noexcept { return failed_; }
  [[nodiscard]] double error_share() const noexcept { return error_share_; }
  [[nodiscard]] double latency() const noexcept { return latency_; }
  [[nodiscard]] double waiting() const noexcept { return queue_; }

 private:
  Options options_;
  double queue_ = 0;
  double served_ = 0;
  double failed_ = 0;
  double error_share_ = 0;
  double latency_ = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_ORIGIN_MODEL_H_
