#include "service/engine_request.h"

#include <cstddef>

#include "engine/request_fields.h"

namespace stile {

Request EngineRequestOf(const RequestHead& head, const ClientOrigin& origin,
                        std::uint16_t site) noexcept {
  Request request;
  request.method = head.method();
  request.target = head.target();
  request.host = head.host_name();
  request.address = origin.address;
  request.https = origin.https;
  request.site = site;

  RequestFields fields(request);
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const HeadField field = head.field(i);
    fields.Take(field.name, field.value);
  }
  return request;
}

}  // namespace stile
