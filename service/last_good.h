#ifndef STILE_SERVICE_LAST_GOOD_H_
#define STILE_SERVICE_LAST_GOOD_H_

#include <cstddef>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "service/engine_loader.h"

namespace stile {

// The last configurations that have proven good, kept under the state directory, so that a start
// over broken files serves what served before. Each record holds the texts of the configuration,
// its policies and their lists with a checksum; never a key. The latest is `last-good`, the one
// before it `last-good.1`, and so on.
class LastGood {
 public:
  static constexpr std::size_t kMostGenerations = AdmissionConfig::kMostGenerations;

  // Keeps so many generations, one at least and at most kMostGenerations.
  explicit LastGood(std::string directory, std::size_t generations = 3);

  // Makes `texts` the latest record; does nothing if it is already. Makes the directory if it is
  // missing. Each file is replaced in one step, so that whatever happens meanwhile the latest
  // record is the old one or the new one. Returns what the system said.
  [[nodiscard]] absl::Status Record(const ConfigTexts& texts) const;

  // Returns the latest record that is whole, and whose digest isn't `but`; NotFound if there is
  // none such and none that is damaged, DataLoss if there is only one that is, or what the system
  // said. ConfigTexts::name is left empty: it is the caller's.
  [[nodiscard]] absl::StatusOr<ConfigTexts> Recall(std::string_view but = "") const;

  // The digest of the latest record; empty if it is missing or damaged.
  [[nodiscard]] std::string Digest() const;

  // Where the record is; generation 0 is the latest.
  [[nodiscard]] std::string path(std::size_t generation = 0) const;

 private:
  [[nodiscard]] absl::Status Retire() const;

  std::string directory_;
  std::size_t generations_;
};

// What a record of `texts` is known by: its checksum, as 64 hex digits.
[[nodiscard]] std::string DigestOf(const ConfigTexts& texts);

// The record as text:
//
//   stile-last-good 1 <SHA-256 of the rest, hex>\n
//   config <bytes>\n<text>\n
//   policy <bytes of the name> <bytes>\n<name>\n<text>\n      for each policy
//   list <bytes of the name> <bytes>\n<name>\n<text>\n        for each list of ranges
[[nodiscard]] std::string FormatRecord(const ConfigTexts& texts);
[[nodiscard]] absl::StatusOr<ConfigTexts> ParseRecord(std::string_view record);

}  // namespace stile

#endif  // STILE_SERVICE_LAST_GOOD_H_
