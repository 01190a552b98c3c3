#include "engine/config/admission_section.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

// A percentage, whole or not, as a share.
void ReadShare(TomlSection& section, std::string_view key, double& share) {
  const toml::node* node = section.Find(key);
  if (node == nullptr) return;
  if (!node->is_number()) {
    section.Refuse(key, node->source().begin,
                   "is a value of another type: write a number from 0 to 100");
    return;
  }
  const std::optional<double> percent = node->value<double>();
  if (!percent || !(*percent >= 0 && *percent <= 100)) {
    section.Refuse(key, node->source().begin, "must be a number from 0 to 100");
    return;
  }
  share = *percent / 100;
}

}  // namespace

void ReadAdmission(TomlSection& root, AdmissionConfig& config) {
  std::optional<TomlSection> section = root.Child("admission");
  if (!section) return;
  AdmissionLimits& limits = config.limits;
  ReadShare(*section, "blast_radius_percent", limits.blast_radius);
  if (const auto wanted = section->Bool("blast_radius_override")) {
    config.blast_radius_override = *wanted;
  }
  if (const auto count = section->Integer("min_samples", 1, 100'000)) {
    limits.min_samples = static_cast<std::size_t>(*count);
  }
  if (const auto steps = section->Integer("max_steps", 64, 1'000'000)) {
    limits.max_steps = static_cast<std::size_t>(*steps);
  }
  if (const auto time = section->Duration("soak_for", milliseconds{0}, hours{24 * 7})) {
    limits.soak_for = *time;
  }
  if (const auto count = section->Integer("soak_requests", 0, 1'000'000'000)) {
    limits.soak_requests = static_cast<std::uint64_t>(*count);
  }
  ReadShare(*section, "cohort_percent", limits.cohort);
  if (const auto time = section->Duration("cohort_for", milliseconds{1'000}, hours{1})) {
    limits.cohort_for = *time;
  }
  if (const auto count = section->Integer(
          "generations", 1, static_cast<std::int64_t>(AdmissionConfig::kMostGenerations))) {
    limits.generations = static_cast<std::size_t>(*count);
  }
  if (const auto count = section->Integer("crashes", 1, 100)) {
    config.crashes = static_cast<std::uint32_t>(*count);
  }
  if (const auto time = section->Duration("pin_for", milliseconds{1'000}, hours{24 * 7})) {
    config.pin_for = *time;
  }
  section->Finish();
}

}  // namespace stile
