#ifndef STILE_SERVICE_LAST_GOOD_H_
#define STILE_SERVICE_LAST_GOOD_H_

#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "service/engine_loader.h"

namespace stile {

// The last configuration that was admitted, kept under the state directory, so that a start over
// broken files serves what served before. Holds the texts of the configuration, its policies and
// their lists with a checksum; never a key.
class LastGood {
 public:
  explicit LastGood(std::string directory) : directory_(std::move(directory)) {}

  // Replaces the record in one step; does nothing if it holds the same already. Makes the directory
  // if it is missing. Returns what the system said.
  [[nodiscard]] absl::Status Record(const ConfigTexts& texts) const;

  // Returns what was recorded; NotFound if nothing ever was, DataLoss if the record is damaged, or
  // what the system said. ConfigTexts::name is left empty: it is the caller's.
  [[nodiscard]] absl::StatusOr<ConfigTexts> Recall() const;

  [[nodiscard]] std::string path() const;

 private:
  std::string directory_;
};

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
