#ifndef STILE_SERVICE_METRIC_FAMILIES_H_
#define STILE_SERVICE_METRIC_FAMILIES_H_

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

namespace stile {

// Metric families on their way to text, in the order in which they are added. Names get the
// prefix "stile_".
class MetricFamilies {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // An empty family. The reference stays good.
  prometheus::MetricFamily& Add(std::string_view name, std::string_view help,
                                prometheus::MetricType type);
  // A family of one counter or gauge without labels.
  void Count(std::string_view name, std::string_view help, std::uint64_t value);
  void Gauge(std::string_view name, std::string_view help, double value);

  static void AddCount(prometheus::MetricFamily& family, Labels labels, std::uint64_t value);
  static void AddGauge(prometheus::MetricFamily& family, Labels labels, double value);

  // The Prometheus text format, version 0.0.4.
  [[nodiscard]] std::string Text() const;

 private:
  std::deque<prometheus::MetricFamily> families_;
};

}  // namespace stile

#endif  // STILE_SERVICE_METRIC_FAMILIES_H_
