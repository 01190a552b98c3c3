#ifndef STILE_SERVICE_GROUP_ID_H_
#define STILE_SERVICE_GROUP_ID_H_

#include <sys/types.h>

#include <optional>
#include <string>

namespace stile {

// The id of the system's group called `name`; nullopt if there is none.
[[nodiscard]] std::optional<gid_t> FindGroup(const std::string& name);

}  // namespace stile

#endif  // STILE_SERVICE_GROUP_ID_H_
