#include "service/group_id.h"

#include <grp.h>

#include <array>

namespace stile {

std::optional<gid_t> FindGroup(const std::string& name) {
  std::array<char, 16 * 1024> space;
  group entry{};
  group* found = nullptr;
  if (getgrnam_r(name.c_str(), &entry, space.data(), space.size(), &found) != 0) return {};
  return found != nullptr ? std::optional<gid_t>(found->gr_gid) : std::nullopt;
}

}  // namespace stile
