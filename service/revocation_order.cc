#include "service/revocation_order.h"

#include <iterator>
#include <utility>

#include "service/clearance_id_text.h"
#include "service/order_fields.h"
#include "service/revocation_list.h"
#include "verifier/policy/text/duration.h"

namespace stile {
namespace {

constexpr std::string_view kFields[] = {"id", "for", "undo"};

}  // namespace

tl::expected<RevocationOrder, std::string> RevocationOrder::Parse(std::string_view form) {
  const auto refuse = [](const char* text) { return tl::unexpected(std::string(text)); };
  std::string_view values[std::size(kFields)] = {};
  if (!ReadOrderFields(form, kFields, values)) {
    return refuse("write id= and a clearance's id, and at most one of for=1d and undo=true");
  }
  RevocationOrder order;
  const auto id = ParseIdText(values[0]);
  if (!id) return refuse("the id must be the 32 hexadecimal digits that `stile inspect` shows");
  order.id = *id;
  if (!values[1].empty()) {
    const auto period = ParseDuration(values[1]);
    if (!period || *period < std::chrono::seconds{1} || *period > kLongest) {
      return refuse("the time must be digits and s, m, h or d, from 1s to 30d");
    }
    order.period = *period;
  }
  if (!values[2].empty()) {
    if (values[2] != "true" || !values[1].empty()) return refuse("write undo=true, without a time");
    order.undo = true;
  }
  return order;
}

}  // namespace stile
