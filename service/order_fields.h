#ifndef STILE_SERVICE_ORDER_FIELDS_H_
#define STILE_SERVICE_ORDER_FIELDS_H_

#include <span>
#include <string_view>

namespace stile {

// Reads what an operator orders, "mode=open&for=10m", into the value of each of `names`; those that
// are left out stay as they are. There are as many values, all of them empty. Returns false if it
// names something else, anything twice, or nothing behind a '='. Decodes nothing.
[[nodiscard]] bool ReadOrderFields(std::string_view form, std::span<const std::string_view> names,
                                   std::span<std::string_view> values) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_ORDER_FIELDS_H_
