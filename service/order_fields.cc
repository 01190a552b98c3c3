#include "service/order_fields.h"

#include <algorithm>
#include <cstddef>

namespace stile {

bool ReadOrderFields(std::string_view form, std::span<const std::string_view> names,
                     std::span<std::string_view> values) noexcept {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    const std::string_view name = pair.substr(0, pair.find('='));
    const std::string_view value = pair.substr(std::min(name.size() + 1, pair.size()));
    const auto field = std::find(names.begin(), names.end(), name);
    if (field == names.end() || value.empty()) return false;
    std::string_view& place = values[static_cast<std::size_t>(field - names.begin())];
    if (!place.empty()) return false;
    place = value;
  }
  return true;
}

}  // namespace stile
