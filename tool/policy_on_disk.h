#ifndef STILE_TOOL_POLICY_ON_DISK_H_
#define STILE_TOOL_POLICY_ON_DISK_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/policy/policy.h"

namespace stile {

// One policy file that belongs to no configuration, with the lists that it names.
struct PolicyOnDisk {
  PolicySource source;
  std::shared_ptr<const Policy> policy;
  std::vector<std::shared_ptr<const RangeList>> lists;  // Each once, in the order of the file.

  // Reads and compiles the file at `path`. Returns every mistake in it and in its lists.
  [[nodiscard]] static tl::expected<PolicyOnDisk, Errors> Load(const std::string& path);
  // The same of its text.
  [[nodiscard]] static tl::expected<PolicyOnDisk, Errors> LoadText(std::string_view text,
                                                                   const std::string& path);
};

}  // namespace stile

#endif  // STILE_TOOL_POLICY_ON_DISK_H_
