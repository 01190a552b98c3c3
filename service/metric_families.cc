#include "service/metric_families.h"

#include <vector>

#include <prometheus/client_metric.h>
#include <prometheus/text_serializer.h>

namespace stile {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric WithLabels(MetricFamilies::Labels labels) {
  ClientMetric metric;
  for (const auto& [name, value] : labels) {
    metric.label.push_back({std::string(name), std::string(value)});
  }
  return metric;
}

}  // namespace

MetricFamily& MetricFamilies::Add(std::string_view name, std::string_view help, MetricType type) {
  MetricFamily family;
  family.name = "stile_" + std::string(name);
  family.help = std::string(help);
  family.type = type;
  families_.push_back(std::move(family));
  return families_.back();
}

void MetricFamilies::Count(std::string_view name, std::string_view help, std::uint64_t value) {
  AddCount(Add(name, help, MetricType::Counter), {}, value);
}

void MetricFamilies::Gauge(std::string_view name, std::string_view help, double value) {
  AddGauge(Add(name, help, MetricType::Gauge), {}, value);
}

void MetricFamilies::AddCount(MetricFamily& family, Labels labels, std::uint64_t value) {
  ClientMetric metric = WithLabels(labels);
  metric.counter.value = static_cast<double>(value);
  family.metric.push_back(std::move(metric));
}

void MetricFamilies::AddGauge(MetricFamily& family, Labels labels, double value) {
  ClientMetric metric = WithLabels(labels);
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
}

std::string MetricFamilies::Text() const {
  return prometheus::TextSerializer().Serialize({families_.begin(), families_.end()});
}

}  // namespace stile
